"""What the acoustic model is made of."""

import math
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from asr.config.section import OpenShare, Pair, Section


class ConvConfig(Section):
    """One convolution of the front end; pairs are (time, frequency)."""

    channels: PositiveInt = Field(default=32, description="filters")
    kernel: Pair = Field(default=(3, 3), description="odd sizes")
    stride: Pair = Field(default=(2, 2), description="steps between outputs")

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if not all(size % 2 for size in self.kernel):
            raise ValueError(f"kernel = {list(self.kernel)}: sizes must be odd, for as many neighbours before as after")
        return self


# Settings of [model] that a preset changes; what it does not name has the default.
PRESETS: dict[str, dict[str, Any]] = {
    "small": {"units": 128},
    "base": {},
    "large": {"layers": 5, "units": 512, "connections": "residual", "dropout": 0.3, "intermediate_ctc": (3,)},
    "streaming": {"layers": 5, "units": 512, "bidirectional": False, "connections": "residual", "look_ahead": 10},
}


class ModelConfig(Section):
    """The acoustic model: convolutions, recurrent or self-attention layers, one linear layer; see model.md."""

    preset: Literal["small", "base", "large", "streaming"] = Field(
        default="base", description="where defaults of this section come from; other keys override it"
    )
    conv: tuple[ConvConfig, ...] = Field(
        default=(ConvConfig(stride=(2, 2)), ConvConfig(stride=(1, 2))), description="convolutional front end"
    )
    stack_frames: PositiveInt = Field(
        default=1, description="frames put side by side as one before the first recurrent layer"
    )
    cell: str = Field(default="lstm", description="recurrent cell, a name of asr.layers.CELLS")
    layers: NonNegativeInt = Field(default=3, description="recurrent layers; 0: self-attention layers in their place")
    units: PositiveInt = Field(default=256, description="units a layer and direction")
    projection: NonNegativeInt = Field(
        default=0, description="outputs a direction of a cell that projects (lstm_projection); 0: half its units"
    )
    bidirectional: bool = Field(
        default=True, description="a second direction runs from each utterance's last frame to its first"
    )
    connections: Literal["plain", "residual", "dense"] = Field(
        default="plain",
        description="what follows a recurrent layer: its output, the sum with its input where their sizes are equal, "
        "or both side by side",
    )
    pyramid: tuple[PositiveInt, ...] = Field(
        default=(), description="after each recurrent layer, how many frames become one; layers not named: 1"
    )
    outputs_per_frame: PositiveInt = Field(
        default=1, description="output frames that the last layer makes of each frame that reaches it"
    )
    norm: Literal["none", "batch", "layer"] = Field(
        default="batch", description="normalisation before each recurrent layer, over true frames only"
    )
    dropout: OpenShare = Field(default=0.2, description="dropped before each recurrent layer and before the output")
    variational_dropout: bool = Field(
        default=False, description="dropout takes the same values of all frames of an utterance"
    )
    recurrent_dropout: OpenShare = Field(
        default=0.0,
        description="dropped of a recurrent layer's output on its way into the next step, same in all steps",
    )
    look_ahead: NonNegativeInt = Field(
        default=0, description="future frames that a convolution after the recurrent layers sees; unidirectional only"
    )
    attention_layers: NonNegativeInt = Field(default=0, description="self-attention layers on top")
    attention_heads: PositiveInt = Field(default=4, description="heads of each self-attention layer")
    attention_units: NonNegativeInt = Field(
        default=0,
        description="values a frame of the self-attention layers, made by a linear layer; 0: as many as there are",
    )
    positions: Literal["none", "sinusoidal", "rotary"] = Field(
        default="none", description="how self-attention layers know where a frame is, besides from recurrent layers"
    )
    causal_attention: bool = Field(default=False, description="self-attention sees no frame after its own")
    intermediate_ctc: tuple[PositiveInt, ...] = Field(
        default=(), description="recurrent layers, from 1, whose output gets a CTC loss of its own in training"
    )
    intermediate_ctc_weight: OpenShare = Field(
        default=0.3, description="share of the intermediate losses' mean in the training loss"
    )

    @property
    def time_stride(self) -> int:
        """Input frames for each output frame."""
        return self.network_stride // self.outputs_per_frame

    @property
    def network_stride(self) -> int:
        """Input frames for each frame that reaches the last layer."""
        return math.prod([*(conv.stride[0] for conv in self.conv), self.stack_frames, *self.pyramid])

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, values: Any) -> Any:
        preset = values.get("preset") if isinstance(values, dict) else None
        return {**PRESETS[preset], **values} if isinstance(preset, str) and preset in PRESETS else values

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.look_ahead and self.bidirectional:
            raise ValueError(
                f"look_ahead = {self.look_ahead} is for bidirectional = false: a second direction sees the whole future"
            )
        if not self.layers and not self.attention_layers:
            raise ValueError("layers = 0: a model without recurrent layers needs attention_layers")
        if len(self.pyramid) > self.layers:
            raise ValueError(f"pyramid = {list(self.pyramid)}: more factors than layers = {self.layers}")
        if self.network_stride % self.outputs_per_frame:
            raise ValueError(
                f"outputs_per_frame = {self.outputs_per_frame} does not divide the {self.network_stride} input frames "
                f"that become one: choose a number that does"
            )
        marked = self.intermediate_ctc
        if len(set(marked)) < len(marked) or any(number >= self.layers for number in marked):
            raise ValueError(
                f"intermediate_ctc = {list(marked)}: name layers below the last, layers = {self.layers}, each once"
            )
        return self
