"""Convolution over time and frequency in which padding never leaks into an utterance."""

from typing import Any

import keras

from asr.layers.initializers import HeUniform
from asr.layers.lengths import strided_length
from asr.layers.masks import zero_padding
from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class MaskedConv2D(keras.layers.Layer):
    """Two-dimensional convolution with odd kernels, centred on every ``stride``-th frame and feature.

    Every utterance sees zeros before its first and after its last frame, whatever the length of the batch. (Keras's
    "same" padding starts at another frame when the padded length changes its parity.)
    """

    def __init__(
        self, channels: int, kernel: tuple[int, int], stride: tuple[int, int], *, use_bias: bool = True, **kwargs: Any
    ) -> None:
        """Keep the sizes; pairs are (time, frequency).

        Args:
            channels: C', filters.
            kernel: odd sizes.
            stride: steps between outputs.
            use_bias: whether a bias is added; False before a norm that would take it away again.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.channels, self.kernel, self.stride, self.use_bias = channels, tuple(kernel), tuple(stride), use_bias
        self.conv = keras.layers.Conv2D(
            channels,
            self.kernel,
            self.stride,
            use_bias=use_bias,
            kernel_initializer=HeUniform(),  # pyright: ignore[reportArgumentType]  # Keras's annotation says str
            dtype=self.dtype_policy,
        )

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make the filters [kernel, C, C'] and biases [C']."""
        self.conv.build((None, None, x_shape[2] + self.kernel[1] - 1, x_shape[3]))
        self.built = True

    def call(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, ceil(T / stride), ceil(F / stride), C'] of ``x`` [B, T, F, C] with ``lengths`` [B]."""
        around = [[size // 2, size // 2] for size in self.kernel]
        return self.conv(ops.pad(zero_padding(x, lengths), [[0, 0], *around, [0, 0]]))

    def compute_output_shape(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return [B, ceil(T / stride), ceil(F / stride), C']."""
        size, frames, features, _ = x_shape
        return (size, *map(strided_length, (frames, features), self.stride), self.channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        sizes = {"channels": self.channels, "kernel": self.kernel, "stride": self.stride, "use_bias": self.use_bias}
        return {**super().get_config(), **sizes}
