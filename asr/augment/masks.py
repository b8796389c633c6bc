"""SpecAugment's masks: stretches of time and bands of features set to the mean.

Sources: Park et al., "SpecAugment" (arXiv:1904.08779), with time masks in proportion to the length as in Park et al.,
arXiv:1912.05533.
"""

import numpy as np

from asr.config import AugmentConfig, FeatureConfig


def spec_augment(
    frames: np.ndarray, config: AugmentConfig, feature_config: FeatureConfig, rng: np.random.Generator
) -> np.ndarray:
    """Return a copy of normalised frames with stretches of time and bands of features set to zero, the mean.

    Args:
        frames: [T, F], normalised to mean zero.
        config: how many masks and how wide. A width is drawn evenly from 0 to its limit; all time masks together
            cover at most ``time_mask_max_share`` of T.
        feature_config: says how long a frame is.
        rng: where all the chance comes from.
    """
    masked = frames.copy()
    num_frames, num_features = masked.shape
    for _ in range(config.frequency_masks):
        band = _span(min(config.frequency_mask_max, num_features), num_features, rng)
        masked[:, band] = 0.0
    budget = int(config.time_mask_max_share * num_frames)
    longest = round(config.time_mask_max_s / feature_config.hop_s)
    for _ in range(round(config.time_masks_per_second * num_frames * feature_config.hop_s)):
        stretch = _span(min(longest, budget), num_frames, rng)
        budget -= stretch.stop - stretch.start
        masked[stretch] = 0.0
    return masked


def _span(longest: int, size: int, rng: np.random.Generator) -> slice:
    """A stretch of 0 to ``longest`` positions anywhere within ``size``."""
    length = int(rng.integers(0, longest, endpoint=True))
    start = int(rng.integers(0, size - length, endpoint=True))
    return slice(start, start + length)
