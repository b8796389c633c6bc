"""Look-ahead convolution: a few frames of the future for models whose recurrent layers only know the past."""

from typing import Any

import keras

from asr.layers.initializers import Uniform
from asr.layers.masks import zero_padding
from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class LookAhead(keras.layers.Layer):
    """A weighted sum of each feature over its own frame and the next ones ("row convolution").

        y[t, f] = sum over j = 0 .. n of w[j, f] * x[t + j, f]

    Frames past an utterance's end are zero. Source: Wang et al., "Lookahead Convolution Layer for Unidirectional
    Recurrent Neural Networks", ICLR workshop 2016; Amodei et al., "Deep Speech 2", arXiv:1512.02595, section 3.7.
    """

    def __init__(self, num_frames: int, **kwargs: Any) -> None:
        """Keep the size.

        Args:
            num_frames: n, future frames that are seen, at least 1.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.num_frames = num_frames

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make the weights [n + 1, F]: 1 for the frame itself and little for the next, so that it starts unchanged."""
        self.kernel = self.add_weight(
            shape=(self.num_frames + 1, x_shape[-1]), initializer=_mostly_now, name="lookahead_kernel"
        )
        self.built = True

    def call(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, T, F] of ``x`` [B, T, F] with ``lengths`` [B]; past a length it is zero."""
        padded = ops.pad(zero_padding(x, lengths), [[0, 0], [0, self.num_frames], [0, 0]])
        kernel = ops.convert_to_tensor(self.kernel)
        if _depthwise():
            return ops.depthwise_conv(padded[:, :, None], kernel[:, None, :, None], padding="valid")[:, :, 0]
        return sum(padded[:, j : j + x.shape[1]] * kernel[j] for j in range(self.num_frames + 1))

    def compute_output_shape(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of ``x``."""
        return x_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "num_frames": self.num_frames}


def _mostly_now(shape: tuple[int, int], dtype: Any = None) -> Tensor:
    now = ops.cast(ops.arange(shape[0]) == 0, dtype)[:, None]
    return now + Uniform(1 / shape[0])(shape, dtype)


def _depthwise() -> bool:
    """Return whether depthwise convolution is used: TensorFlow's on the CPU, ten times faster than XLA's sum there.

    On a GPU its gradient has no deterministic kernel, and elsewhere the compiler makes one pass of the sum.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_logical_devices("GPU")
