"""All tables of the configuration together."""

from typing import Self

from pydantic import model_validator

from asr.config.augment import AugmentConfig
from asr.config.decoding import DecodeConfig
from asr.config.features import FeatureConfig
from asr.config.model import ModelConfig
from asr.config.section import Section
from asr.config.tokens import TokenConfig
from asr.config.training import DataConfig, OptimizerConfig, ScheduleConfig, TrainConfig


class Config(Section):
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
