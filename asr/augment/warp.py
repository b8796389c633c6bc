"""Warped frames: the same words from a longer or shorter vocal tract, and at a pace that changes.

Both act on log-mel frames by linear interpolation, so that each epoch can draw its own at next to no cost.
Sources: Jaitly & Hinton, "Vocal Tract Length Perturbation (VTLP) improves speech recognition" (ICML workshop 2013);
Park et al., "SpecAugment" (arXiv:1904.08779), whose time warp has one anchor where this one has one every half second.
"""

from functools import lru_cache

import numpy as np

from asr.config import FeatureConfig

ANCHOR_S = 0.5  # from one point whose time is moved to the next: about two syllables
KNEE_SHARE = 0.8  # of the highest frequency: above, the warp is bent back so that it ends where the filters end


def warp_frequency(frames: np.ndarray, factor: float, feature_config: FeatureConfig) -> np.ndarray:
    """Return frames whose spectrum is stretched along frequency: what was at f is found at ``factor`` * f.

    Args:
        frames: [T, F] log-mel frames, with deltas after them if the config has some.
        factor: above 1 raises the formants, as a shorter vocal tract does.
        feature_config: says where the mel filters lie.
    """
    num_mels = feature_config.num_mels
    position = _source_bins(factor, num_mels, feature_config.min_hz, feature_config.max_hz)
    blocks = frames.reshape(len(frames), -1, num_mels)
    return _interpolate(blocks, position, axis=2).reshape(frames.shape)


def warp_time(frames: np.ndarray, share: float, feature_config: FeatureConfig, rng: np.random.Generator) -> np.ndarray:
    """Return frames of the same number whose pace goes up and down by at most ``share``.

    Args:
        frames: [T, F].
        share: of the pace, below 1.
        feature_config: says how long a frame is.
        rng: moves the anchors.
    """
    num_frames = len(frames)
    num_stretches = round(num_frames * feature_config.hop_s / ANCHOR_S)
    if num_stretches < 2:
        return frames.copy()
    anchors = np.linspace(0, num_frames - 1, num_stretches + 1)
    moved = anchors.copy()
    # Two neighbours that move towards each other change the pace between them by both their ways.
    moved[1:-1] += rng.uniform(-0.5, 0.5, num_stretches - 1) * share * anchors[1]
    return _interpolate(frames, np.interp(np.arange(num_frames), anchors, moved), axis=0)


@lru_cache(maxsize=8)
def _mel_centres_hz(num_mels: int, min_hz: float, max_hz: float) -> np.ndarray:
    import librosa

    return librosa.mel_frequencies(num_mels + 2, fmin=min_hz, fmax=max_hz)[1:-1]


def _source_bins(factor: float, num_mels: int, min_hz: float, max_hz: float) -> np.ndarray:
    """[num_mels] positions, between bins, that the warped bins are read at."""
    centres = _mel_centres_hz(num_mels, min_hz, max_hz)
    knee = KNEE_SHARE * max_hz * min(1.0, 1.0 / factor)
    source = np.interp(centres, [0.0, knee * factor, max_hz], [0.0, knee, max_hz])
    return np.interp(source, centres, np.arange(num_mels))


def _interpolate(values: np.ndarray, position: np.ndarray, axis: int) -> np.ndarray:
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = -1
    share = (position - below).astype(values.dtype).reshape(shape)
    return values.take(below, axis) * (1 - share) + values.take(above, axis) * share
