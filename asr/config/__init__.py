"""One TOML file says how features, model and training are made; it is checked once and saved with the run.

Every setting has its default here and nowhere else. Names of things that other modules own (normalisers, cells) are
checked by those modules, so that this one knows nothing of them.
"""

from asr.config.augment import AugmentConfig, DegradeConfig
from asr.config.config import Config
from asr.config.decoding import DecodeConfig, EndpointConfig, WindowConfig
from asr.config.features import FeatureConfig
from asr.config.files import (
    dump_config,
    load_config,
    parse_as,
    parse_config,
    put_setting,
    read_settings,
    resolve_config,
)
from asr.config.model import PRESETS, ConvConfig, ModelConfig
from asr.config.tokens import TokenConfig
from asr.config.training import DataConfig, OptimizerConfig, ScheduleConfig, TrainConfig

__all__ = [
    "PRESETS",
    "AugmentConfig",
    "Config",
    "ConvConfig",
    "DataConfig",
    "DecodeConfig",
    "DegradeConfig",
    "EndpointConfig",
    "FeatureConfig",
    "ModelConfig",
    "OptimizerConfig",
    "ScheduleConfig",
    "TokenConfig",
    "TrainConfig",
    "WindowConfig",
    "dump_config",
    "load_config",
    "parse_as",
    "parse_config",
    "put_setting",
    "read_settings",
    "resolve_config",
]
