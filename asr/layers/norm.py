"""Batch normalisation over true frames, with the statistics of all replicas together.

Keras's own layer averages the replicas' means, whatever number of frames stands behind each; this one sums over every
true frame of the global batch, so that padding, and the split over devices, change nothing.
"""

from typing import Any

import keras

from asr.layers.masks import masked_like
from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class BatchNorm(keras.layers.Layer):
    """Normalise each value of the last axis over all true frames of the batch (sequence-wise batch normalisation).

    In training with the batch's mean and variance, otherwise with their moving averages. Sources: Ioffe & Szegedy,
    arXiv:1502.03167; over sequences: Amodei et al., "Deep Speech 2", arXiv:1512.02595, section 3.2.
    """

    def __init__(self, momentum: float = 0.95, epsilon: float = 1e-3, **kwargs: Any) -> None:
        """Keep the constants.

        Args:
            momentum: share of the moving averages that a step keeps.
            epsilon: added to the variance.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make gamma and beta, and the moving mean and variance, [F] each."""
        shape = (x_shape[-1],)
        self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")
        # The replicas' values are equal by construction; "mean" tells tf.distribute how to make one of them.
        moving = {"shape": shape, "trainable": False, "aggregation": "mean", "dtype": "float32", "autocast": False}
        self.moving_mean = self.add_weight(initializer="zeros", name="moving_mean", **moving)
        self.moving_variance = self.add_weight(initializer="ones", name="moving_variance", **moving)
        self.built = True

    def call(self, x: Tensor, lengths: Tensor, training: bool = False) -> Tensor:
        """Return [B, T, ..., F] normalised; padding is zero in the result.

        Args:
            x: [B, T, ..., F].
            lengths: [B] true frames.
            training: whether the batch's own statistics are used and remembered.
        """
        mask = masked_like(x, lengths)
        values = ops.cast(x, "float32")
        mean, variance = self.moving_mean.value, self.moving_variance.value
        if training:
            mean, variance = _moments(values, mask)
            self._remember(mean, variance)
        scale = ops.cast(self.gamma, "float32") * ops.rsqrt(variance + self.epsilon)
        return ops.cast(((values - mean) * scale + ops.cast(self.beta, "float32")) * mask, x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1 - self.momentum))

    def compute_output_shape(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of ``x``."""
        return x_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


def _moments(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance [F] over the true frames of all replicas."""
    axes = list(range(len(values.shape) - 1))
    inner = 1  # values of one frame that share a statistic
    for size in values.shape[2:-1]:
        inner *= size
    total, count = _over_replicas(ops.sum(values * mask, axes), ops.sum(mask) * inner)
    mean = total / ops.maximum(count, 1.0)
    # Deviations from the mean of all replicas: a difference of two large sums would lose the digits.
    (squares,) = _over_replicas(ops.sum(ops.square(values - mean) * mask, axes))
    return mean, squares / ops.maximum(count, 1.0)


def _over_replicas(*values: Tensor) -> list[Tensor]:
    """Return the sum of each value over the replicas of TensorFlow's current strategy; differentiable."""
    if keras.backend.backend() != "tensorflow":
        return list(values)
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return list(values)
    return context.all_reduce(tf.distribute.ReduceOp.SUM, list(values))


def make_norm(kind: str, policy: str) -> keras.layers.Layer | None:
    """Return the layer of ``model.norm``: batch, layer, or None for none; ``policy`` is Keras's dtype policy."""
    if kind == "batch":
        return BatchNorm(dtype=policy)
    return keras.layers.LayerNormalization(dtype=policy) if kind == "layer" else None


def normalised(norm: keras.layers.Layer | None, x: Tensor, lengths: Tensor, training: bool) -> Tensor:
    """Return ``x`` [B, T, ..., F] through a layer of `make_norm`; ``lengths`` [B] are the true frames."""
    if norm is None:
        return x
    if isinstance(norm, BatchNorm):
        return norm(x, lengths, training=training)
    return norm(x)
