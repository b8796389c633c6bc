"""Dropout that depends on the utterance and the step, and on nothing else.

Framework dropout draws one stream for the batch, so an utterance's mask changes with its neighbours, its padding and
the number of devices. Here each mask value is a hash of (seed of the utterance, frame, feature): the same on one
device, on two replicas, after a resume, and under TensorFlow and JAX. The caller makes one seed for each utterance and
step.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras

from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class Dropout(keras.layers.Layer):
    """Zero each value with probability ``rate`` in training and scale the rest by 1 / (1 - rate).

    Sources: Srivastava et al., "Dropout", JMLR 15, 2014; one mask for all frames ("variational"): Gal & Ghahramani, "A
    Theoretically Grounded Application of Dropout in Recurrent Neural Networks", NeurIPS 2016.
    """

    def __init__(self, rate: float, salt: int, *, variational: bool = False, **kwargs: Any) -> None:
        """Keep the rate.

        Args:
            rate: 0 <= rate < 1.
            salt: a number that tells this layer from the model's other dropout layers.
            variational: whether an utterance has one mask for all its frames, instead of one each.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.rate, self.salt, self.variational = rate, salt, variational

    def call(self, x: Tensor, seeds: Tensor | None = None) -> Tensor:
        """Return ``x`` with values dropped, or ``x`` itself without seeds.

        Args:
            x: [B, T, F].
            seeds: [B] int32, one for each utterance and step; None outside training.
        """
        if seeds is None or self.rate == 0:
            return x
        keep = _mask(seeds, self.salt, self.rate, 1 if self.variational else x.shape[1], x.shape[2])
        return ops.where(keep, x / ops.cast(1 - self.rate, x.dtype), ops.zeros((), x.dtype))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "rate": self.rate, "salt": self.salt, "variational": self.variational}


def recurrent_mask(seeds: Tensor, rate: float, salt: int, *, directions: int, units: int) -> Tensor:
    """Return what multiplies the state that goes back into a recurrent layer, the same at every frame.

    Args:
        seeds: [B] int32, one for each utterance and step.
        rate: probability of 0; the rest is 1 / (1 - rate).
        salt: as of `Dropout`.
        directions: D.
        units: H.

    Returns:
        [D, B, H] float32.
    """
    keep = ops.reshape(_mask(seeds, salt, rate, 1, directions * units), (-1, directions, units))
    return ops.cast(ops.transpose(keep, (1, 0, 2)), "float32") / (1 - rate)


def _mask(seeds: Tensor, salt: int, rate: float, frames: int, features: int) -> Tensor:
    """Return [B, T, F] booleans, each true with probability 1 - ``rate``."""
    # Salt and rate are tensors, so that all layers of one shape share one compilation.
    salts, rates = ops.convert_to_tensor(salt, "uint32"), ops.convert_to_tensor(rate, "float32")
    return _compiled()(seeds, salts, rates, frames=frames, features=features)


@functools.cache
def _compiled() -> Callable[..., Tensor]:
    """Return `_kept` as one pass over memory instead of a dozen, also where the caller does not compile."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(_kept, static_argnames=("frames", "features"))
    import tensorflow as tf

    return tf.function(_kept, jit_compile=True, autograph=False)


def _kept(seeds: Tensor, salt: Tensor, rate: Tensor, *, frames: int, features: int) -> Tensor:
    utterance = _hash(ops.cast(seeds, "uint32") + _hash(salt))[:, None, None]
    frame = _hash(utterance + _counted(frames)[:, None])  # [B, T, 1]
    bits = _hash(frame + _counted(features))  # [B, T, F]
    # The upper 24 bits, which float32 holds exactly.
    return ops.cast(ops.right_shift(bits, _word(8)), "float32") >= rate * 2.0**24


def _hash(value: Tensor) -> Tensor:
    """Return well-mixed 32 bits of each uint32 (Wellons, "lowbias32", 2018: shifts and odd factors found by search)."""

    def shifted(value: Tensor, bits: int) -> Tensor:
        return ops.bitwise_xor(value, ops.right_shift(value, _word(bits)))

    value = shifted(value + _word(0x9E3779B9), 16) * _word(0x7FEB352D)
    return shifted(shifted(value, 15) * _word(0x846CA68B), 16)


def _counted(end: int) -> Tensor:
    return ops.cast(ops.arange(end, dtype="int32"), "uint32")


def _word(value: int) -> Tensor:
    return ops.convert_to_tensor(value, "uint32")
