"""What variety training data get."""

from typing import Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from asr.config.section import Section, Share


class DegradeConfig(Section):
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


class AugmentConfig(Section):
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
