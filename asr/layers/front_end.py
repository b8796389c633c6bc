"""One block of the convolutional front end."""

import keras

from asr.layers.conv import MaskedConv2D
from asr.layers.lengths import strided_length
from asr.layers.norm import make_norm, normalised
from asr.layers.tensor import Tensor, ops


class ConvBlock(keras.layers.Layer):
    """Convolution, normalisation over true frames, rectifier."""

    def __init__(self, channels: int, kernel: tuple[int, int], stride: tuple[int, int], norm: str, policy: str) -> None:
        """Make the parts.

        Args:
            channels: as of `MaskedConv2D`, like the next two.
            kernel: odd sizes over time and frequency.
            stride: steps over time and frequency.
            norm: none, batch or layer.
            policy: Keras's dtype policy.
        """
        super().__init__(dtype=policy)
        self.time_stride = stride[0]
        # Batch norm takes a bias away: its gradient would be rounding noise, which Adam blows up to full steps.
        self.conv = MaskedConv2D(channels, kernel, stride, use_bias=norm != "batch", dtype=policy)
        self.norm = make_norm(norm, policy)

    def call(self, x: Tensor, lengths: Tensor, training: bool) -> Tensor:
        """Return [B, ceil(T / stride), F', C] of ``x`` [B, T, F, C'] with ``lengths`` [B]."""
        x = self.conv(x, lengths)
        return ops.relu(normalised(self.norm, x, strided_length(lengths, self.time_stride), training))
