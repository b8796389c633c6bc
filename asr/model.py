"""The acoustic model: configuration in, Keras model out.

Convolutions over time and frequency, recurrent layers, one linear layer to the tokens; as Deep Speech 2 (Amodei et al.,
arXiv:1512.02595) with LSTMs, and what `ModelConfig` adds to it. Lengths go with the frames all the way: padding changes
nothing. What computes is in `asr.layers`; this module puts it together.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from asr.config import ModelConfig
from asr.errors import ConfigError
from asr.layers.attention import AttentionBlock
from asr.layers.attention_input import AttentionInput
from asr.layers.cells.table import find_cell
from asr.layers.dense import dense
from asr.layers.dropout import Dropout
from asr.layers.front_end import ConvBlock
from asr.layers.lengths import output_lengths, strided_length
from asr.layers.lookahead import LookAhead
from asr.layers.masks import zero_padding
from asr.layers.recurrent_block import RecurrentBlock
from asr.layers.stacking import stack_frames, unstack_frames
from asr.layers.tensor import Tensor, ops

_ATTENTION_SALT = 1_000  # above the numbers of recurrent layers, which are the salts of their dropout
_INPUT_SALT = 999


class AcousticModel(keras.Model):
    """Frames in, logits over the tokens out; class 0 is CTC's blank."""

    def __init__(self, config: ModelConfig, num_features: int, num_classes: int, precision: str = "float32") -> None:
        """Build the network, weights included.

        Args:
            config: its shape.
            num_features: F.
            num_classes: V, blank included.
            precision: float32, bfloat16 or float16: arithmetic of the layers; weights are float32.

        Raises:
            ConfigError: the cell is unknown, or the heads of the attention do not divide its features.
        """
        check_model(config, num_features)
        policy = precision if precision == "float32" else f"mixed_{precision}"
        super().__init__(dtype=policy)
        self.config = config
        self.num_features = num_features
        self.front_end = [
            ConvBlock(conv.channels, conv.kernel, conv.stride, config.norm, policy) for conv in config.conv
        ]
        self.recurrent = [RecurrentBlock(config, salt, policy) for salt in range(config.layers)]
        self.look_ahead = LookAhead(config.look_ahead, dtype=policy) if config.look_ahead else None
        self.attention_input = _attention_input(config, policy)
        self.attention = [_attention_block(config, number, policy) for number in range(config.attention_layers)]
        # Norms stand before what each block adds; after the last one there is none unless here (Xiong et al., 2020).
        self.last_norm = None if config.layers else keras.layers.LayerNormalization(dtype=policy)
        self.dropout = Dropout(config.dropout, config.layers, variational=config.variational_dropout, dtype=policy)
        self.output_layer = dense(config.outputs_per_frame * num_classes, dtype=policy)
        self.intermediate = {str(layer): dense(num_classes, dtype=policy) for layer in config.intermediate_ctc}
        # Shapes alone make the weights; to compute would compile every operation by itself under JAX.
        frames = keras.KerasTensor((1, config.network_stride, num_features), "float32")
        self(frames, keras.KerasTensor((1,), "int32"), intermediate=True)

    def call(
        self,
        frames: Tensor,
        lengths: Tensor,
        training: bool = False,
        seeds: Tensor | None = None,
        intermediate: bool = False,
    ) -> Any:
        """Return the logits.

        Args:
            frames: [B, T, F] normalised features, B and T static.
            lengths: [B] true frames of each utterance.
            training: whether norms use the batch's statistics.
            seeds: [B] int32 for dropout, one for each utterance and step; None: no dropout.
            intermediate: whether the logits of ``config.intermediate_ctc`` come, too.

        Returns:
            [B, T', V] float32; T' = ``output_lengths(T)``. What stands past an utterance's output length means nothing.
            With ``intermediate`` a list of (logits, lengths [B]): of the intermediate layers, then of the last.
        """
        true_lengths = ops.cast(lengths, "int32")
        x, lengths = self._front_end(frames, true_lengths, training)
        found = []
        for number, block in enumerate(self.recurrent, 1):
            x = block(x, lengths, training=training, seeds=seeds)
            if intermediate and str(number) in self.intermediate:
                found.append((_float32(self.intermediate[str(number)](x)), lengths))
            x, lengths = stack_frames(x, lengths, _pyramid_factor(self.config, number))
        if self.look_ahead is not None:
            x = self.look_ahead(x, lengths)
        x = self._attended(x, lengths, seeds)
        logits = _float32(self.output_layer(self.dropout(x, seeds=seeds)))
        logits = unstack_frames(logits, self.config.outputs_per_frame, self.output_lengths(frames.shape[1]))
        return [*found, (logits, self.output_lengths(true_lengths))] if intermediate else logits

    def recurrent_inputs(self, frames: Tensor, lengths: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return what each recurrent layer is given, [B, T', F'], and lengths [B]; arguments as of the model itself."""
        x, lengths = self._front_end(frames, lengths, training=False)
        found = []
        for number, block in enumerate(self.recurrent, 1):
            found.append((block.normed(x, lengths), lengths))
            x = block(x, lengths, training=False, seeds=None)
            x, lengths = stack_frames(x, lengths, _pyramid_factor(self.config, number))
        return found

    def _attended(self, x: Tensor, lengths: Tensor, seeds: Tensor | None) -> Tensor:
        if self.attention_input is not None:
            x = self.attention_input(x, seeds=seeds)
        for block in self.attention:
            x = block(x, lengths, seeds=seeds)
        return x if self.last_norm is None else self.last_norm(x)

    def _front_end(self, frames: Tensor, lengths: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        lengths = ops.cast(lengths, "int32")
        x = zero_padding(ops.convert_to_tensor(frames), lengths)[..., None]  # [B, T, F, 1]
        for block in self.front_end:
            x = block(x, lengths, training=training)
            lengths = strided_length(lengths, block.time_stride)
        x = ops.reshape(x, (*x.shape[:2], x.shape[2] * x.shape[3]))
        return stack_frames(x, lengths, self.config.stack_frames)

    def output_lengths(self, lengths: Any) -> Any:
        """Return how many output frames come from ``lengths`` input frames; of an integer or an array of them.

        Loss, decoder, time stamps and the check for what CTC can align all ask this one function.
        """
        return output_lengths(self.config, lengths)

    @property
    def num_parameters(self) -> int:
        """Trainable numbers."""
        return sum(int(np.prod(weight.shape)) for weight in self.trainable_variables)


def recurrent_features(config: ModelConfig, num_features: int) -> int:
    """Return how many values a frame has above the recurrent layers of a model of ``config``."""
    channels, bands = 1, num_features
    for conv in config.conv:
        channels, bands = conv.channels, strided_length(bands, conv.stride[1])
    features = bands * channels * config.stack_frames
    outputs = find_cell(config.cell).output_size(config.units, config.projection or None)
    for layer in range(config.layers):
        below = features if config.connections == "dense" else 0
        features = below + outputs * (2 if config.bidirectional else 1)
        features *= config.pyramid[layer] if layer < len(config.pyramid) else 1
    return features


def attention_features(config: ModelConfig, num_features: int) -> int:
    """Return how many values a frame has in the self-attention layers of a model of ``config``."""
    return config.attention_units or recurrent_features(config, num_features)


def check_model(config: ModelConfig, num_features: int) -> None:
    """Check what `ModelConfig` alone cannot, before anything is built: what a layer raises then, Keras words anew.

    Raises:
        ConfigError: the cell is unknown, or the heads of the attention do not divide its features, or positions need
            an even number of them.
    """
    features, heads = attention_features(config, num_features), config.attention_heads
    if config.attention_layers and features % heads:
        raise ConfigError(
            f"model.attention_heads = {heads} does not divide the {features} features of the "
            f"{'attention' if config.attention_units else 'recurrent'} layers: choose a number that does"
        )
    paired = {"none": 2, "sinusoidal": features, "rotary": features // heads}[config.positions]
    if config.attention_layers and paired % 2:
        raise ConfigError(
            f"model.positions = {config.positions!r} needs an even number of features, not {paired}: set "
            f"model.attention_units to an even number{' for each head' if config.positions == 'rotary' else ''}"
        )


def named_weights(layer: keras.Layer, prefix: str = "") -> dict[str, keras.Variable]:
    """Return every weight and statistic of a layer and of the layers in it, by where it is.

    A name is the way to it, as in ``recurrent.0.norm.gamma``: attributes, numbers in lists, and Keras's own name last.
    """
    found: dict[str, keras.Variable] = {}
    for name, part in _inner_layers(layer):
        found |= named_weights(part, f"{prefix}{name}.")
    known = {id(weight) for weight in found.values()}
    own = (weight for weight in layer.weights if id(weight) not in known)
    return found | {f"{prefix}{weight.name}": weight for weight in own}


def _inner_layers(layer: keras.Layer) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers that are a layer's public attributes, or stand in its lists and dictionaries."""
    for name, value in vars(layer).items():
        if name.startswith("_"):
            continue
        several = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, one in [(None, value), *several]:
            if isinstance(one, keras.Layer):
                yield name if key is None else f"{name}.{key}", one


def inference(model: AcousticModel) -> Callable[[np.ndarray, np.ndarray], Any]:
    """Return ``model`` as a function from (frames [B, T, F], lengths [B]) to logits, with the weights that it has now.

    Under JAX it is compiled once for each shape; under TensorFlow the layers compile what gains from it.
    """
    if keras.backend.backend() != "jax":
        return model
    import jax

    def compute(trainable: list[Tensor], statistics: list[Tensor], frames: Tensor, lengths: Tensor) -> Tensor:
        return model.stateless_call(trainable, statistics, frames, lengths)[0]

    weights = [[weight.value for weight in kind] for kind in (model.trainable_variables, model.non_trainable_variables)]
    return functools.partial(jax.jit(compute), *weights)


def lookahead_frames(config: ModelConfig) -> int | None:
    """Return how far into the future a model sees, in input frames; None: to the end of the utterance.

    Output frame t depends on no input frame after ``t * config.time_stride + lookahead_frames(config)``: with the hop
    between frames, the least latency that a stream can have. Features come on top: their window, and their
    normalisation, which has none with ``features.normalisation`` "global" or "none" only.
    """
    if (config.layers and config.bidirectional) or (config.attention_layers and not config.causal_attention):
        return None
    frames = config.look_ahead
    for factor in (*reversed(config.pyramid), config.stack_frames):
        frames = frames * factor + factor - 1
    for conv in reversed(config.conv):
        frames = frames * conv.stride[0] + conv.kernel[0] // 2
    return frames


def _attention_input(config: ModelConfig, policy: str) -> AttentionInput | None:
    sinusoidal = config.positions == "sinusoidal"
    if not config.attention_layers or not (config.attention_units or sinusoidal):
        return None
    return AttentionInput(config.attention_units, config.dropout, _INPUT_SALT, sinusoidal=sinusoidal, dtype=policy)


def _attention_block(config: ModelConfig, number: int, policy: str) -> AttentionBlock:
    return AttentionBlock(
        config.attention_heads,
        config.dropout,
        _ATTENTION_SALT + 2 * number,
        rotary=config.positions == "rotary",
        causal=config.causal_attention,
        dtype=policy,
    )


def _pyramid_factor(config: ModelConfig, layer: int) -> int:
    """Return how many frames become one after a recurrent layer, counted from 1."""
    return config.pyramid[layer - 1] if layer <= len(config.pyramid) else 1


def _float32(logits: Tensor) -> Tensor:
    return ops.cast(logits, "float32")
