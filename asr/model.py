"""The acoustic model: configuration in, Keras model out.

Convolutions over time and frequency, recurrent layers, one linear layer to the tokens; as Deep Speech 2 (Amodei et al.,
arXiv:1512.02595) with LSTMs. Lengths go with the frames all the way: padding changes nothing.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from asr.config import ModelConfig
from asr.layers.conv import MaskedConv2D, strided_length
from asr.layers.dropout import Dropout
from asr.layers.norm import BatchNorm
from asr.layers.recurrent import Recurrent
from asr.layers.tensor import Tensor


class AcousticModel(keras.Model):
    """Frames in, logits over the tokens out; class 0 is CTC's blank."""

    def __init__(self, config: ModelConfig, num_features: int, num_classes: int, precision: str = "float32") -> None:
        """Build the network, weights included.

        Args:
            config: its shape.
            num_features: F.
            num_classes: V, blank included.
            precision: float32, bfloat16 or float16: arithmetic of the layers; weights are float32.
        """
        policy = precision if precision == "float32" else f"mixed_{precision}"
        super().__init__(dtype=policy)
        self.config = config
        self.num_features = num_features
        self.front_end = [
            ConvBlock(conv.channels, conv.kernel, conv.stride, config.norm, policy) for conv in config.conv
        ]
        self.recurrent = [RecurrentBlock(config, salt, policy) for salt in range(config.layers)]
        self.dropout = Dropout(config.dropout, config.layers, dtype=policy)
        self.output_layer = keras.layers.Dense(num_classes, dtype=policy)
        self(np.zeros((1, config.time_stride, num_features), "float32"), np.array([config.time_stride]))

    def call(self, frames: Tensor, lengths: Tensor, training: bool = False, seeds: Tensor | None = None) -> Tensor:
        """Return the logits.

        Args:
            frames: [B, T, F] normalised features, B and T static.
            lengths: [B] true frames of each utterance.
            training: whether norms use the batch's statistics.
            seeds: [B] int32 for dropout, one for each utterance and step; None: no dropout.

        Returns:
            [B, T', V] float32; T' = ``output_lengths(T)``. What stands past an utterance's output length means nothing.
        """
        x, lengths = tf.convert_to_tensor(frames)[..., None], tf.cast(lengths, tf.int32)
        for block in self.front_end:
            x = block(x, lengths, training=training)
            lengths = strided_length(lengths, block.time_stride)
        x = tf.reshape(x, (*x.shape[:2], -1))  # [B, T', F' * C]
        for block in self.recurrent:
            x = block(x, lengths, training=training, seeds=seeds)
        return tf.cast(self.output_layer(self.dropout(x, seeds=seeds)), tf.float32)

    def output_lengths(self, lengths: Any) -> Any:
        """Return how many output frames come from ``lengths`` input frames; of an integer or an array of them.

        Loss, decoder, time stamps and the check for what CTC can align all ask this one function.
        """
        return output_lengths(self.config, lengths)

    @property
    def num_parameters(self) -> int:
        """Trainable numbers."""
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_variables)


def output_lengths(config: ModelConfig, lengths: Any) -> Any:
    """Return how many output frames a model of ``config`` makes of ``lengths`` input frames."""
    for conv in config.conv:
        lengths = strided_length(lengths, conv.stride[0])
    return lengths


class ConvBlock(keras.layers.Layer):
    """Convolution, normalisation over true frames, rectifier."""

    def __init__(self, channels: int, kernel: tuple[int, int], stride: tuple[int, int], norm: str, policy: str) -> None:
        super().__init__(dtype=policy)
        self.time_stride = stride[0]
        # Batch norm takes a bias away: its gradient would be rounding noise, which Adam blows up to full steps.
        self.conv = MaskedConv2D(channels, kernel, stride, use_bias=norm != "batch", dtype=policy)
        self.norm = _norm(norm, policy)

    def call(self, x: Tensor, lengths: Tensor, training: bool) -> Tensor:
        """Return [B, ceil(T / stride), F', C] of ``x`` [B, T, F, C'] with ``lengths`` [B]."""
        x = self.conv(x, lengths)
        return tf.nn.relu(_normalised(self.norm, x, strided_length(lengths, self.time_stride), training))


class RecurrentBlock(keras.layers.Layer):
    """Normalisation over true frames, dropout, recurrent layer."""

    def __init__(self, config: ModelConfig, salt: int, policy: str) -> None:
        super().__init__(dtype=policy)
        self.norm = _norm(config.norm, policy)
        self.dropout = Dropout(config.dropout, salt, dtype=policy)
        self.recurrent = Recurrent(config.units, cell=config.cell, bidirectional=config.bidirectional, dtype=policy)

    def call(self, x: Tensor, lengths: Tensor, training: bool, seeds: Tensor | None) -> Tensor:
        """Return [B, T, D * H] of ``x`` [B, T, F]; see `AcousticModel.call`."""
        x = _normalised(self.norm, x, lengths, training)
        return self.recurrent(self.dropout(x, seeds=seeds), lengths)


def _norm(kind: str, policy: str) -> keras.layers.Layer | None:
    if kind == "batch":
        return BatchNorm(dtype=policy)
    return keras.layers.LayerNormalization(dtype=policy) if kind == "layer" else None


def _normalised(norm: keras.layers.Layer | None, x: Tensor, lengths: Tensor, training: bool) -> Tensor:
    if norm is None:
        return x
    if isinstance(norm, BatchNorm):
        return norm(x, lengths, training=training)
    return norm(x)
