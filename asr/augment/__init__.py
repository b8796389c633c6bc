"""Variety for training data.

Speeds, rooms, noise and codecs change waveforms, once, in `asr prepare --augment`; warps and masks are drawn anew each
time the frames of an utterance are read.
"""

import numpy as np

from asr.augment.degrade import degrade
from asr.augment.masks import spec_augment
from asr.augment.speed import speed_perturb
from asr.augment.warp import warp_frequency, warp_time
from asr.config import AugmentConfig, FeatureConfig

__all__ = ["augment_frames", "degrade", "speed_perturb"]


def augment_frames(
    frames: np.ndarray, config: AugmentConfig, feature_config: FeatureConfig, rng: np.random.Generator
) -> np.ndarray:
    """Return a changed copy of normalised frames [T, F], of the same shape, as ``rng`` alone decides."""
    if config.frequency_warp:
        factor = 1 + rng.uniform(-config.frequency_warp, config.frequency_warp)
        frames = warp_frequency(frames, factor, feature_config)
    if config.time_warp:
        frames = warp_time(frames, config.time_warp, feature_config, rng)
    return spec_augment(frames, config, feature_config, rng)
