"""What frames are."""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from asr.config.section import Section


class FeatureConfig(Section):
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
