"""How a model is trained."""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from asr.config.section import OpenShare, Section, Share


class OptimizerConfig(Section):
    """AdamW (Loshchilov & Hutter, arXiv:1711.05101)."""

    learning_rate: PositiveFloat = Field(default=1e-3, description="highest rate, reached after the warm-up")
    weight_decay: NonNegativeFloat = Field(default=1e-2, description="decoupled decay; biases and norms are left out")
    beta_1: OpenShare = Field(default=0.9, description="decay of the mean gradient")
    beta_2: OpenShare = Field(default=0.98, description="decay of the mean squared gradient")
    epsilon: PositiveFloat = Field(default=1e-8, description="added to the root of the mean squared gradient")
    clip_norm: PositiveFloat = Field(default=5.0, description="largest norm of the whole gradient, over all replicas")


class ScheduleConfig(Section):
    """Warm-up to the learning rate, then a half cosine down."""

    warmup_epochs: NonNegativeFloat = Field(default=2.0, description="length of the linear rise from zero")
    final_share: Share = Field(default=0.01, description="rate at the end, as a share of the highest")


class DataConfig(Section):
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


class TrainConfig(Section):
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
