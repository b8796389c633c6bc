"""Where an utterance is silent, by the loudness of its feature frames.

Labels lie somewhere inside their sounds; a word beside a silence begins or ends where the silence does. Loudness is the
mean of the log-mel energies, so that it is not the vowels alone that count. Silent is what is nearer to the noise than
to the speech of the same utterance; a silence is longer than the closure of a stop.
"""

import numpy as np

from asr.config import Config, FeatureConfig

# Percentiles of the frames' loudness that stand for noise and for speech, and how far from the one to the other it is
# still silent. Chosen on AN4's development set, as is the length: docs/benchmarks.md.
_NOISE_PERCENTILE, _SPEECH_PERCENTILE = 10.0, 95.0
_SILENT_SHARE = 0.2
_SHORTEST_S = 0.08
# Noise is taken to be at most 40 dB below speech: beside digital silence the faintest echo or dither would be loud.
_MOST_RANGE = 4.0 * np.log(10.0)


def loudness(frames: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return the mean over the mel bands of the natural logarithms of their energies, [S].

    Args:
        frames: [S, F], not normalised.
        config: how they were made.
    """
    if config.kind == "mfcc":
        return frames[:, 0] / np.sqrt(config.num_mels)  # the cosine transform is orthonormal
    return frames[:, : config.num_mels].mean(axis=1)


def silent_frames(levels: np.ndarray) -> np.ndarray:
    """Return which frames are silent by their loudness, [S] bool; S >= 1."""
    noise, speech = np.percentile(levels, [_NOISE_PERCENTILE, _SPEECH_PERCENTILE])
    noise = max(noise, speech - _MOST_RANGE)
    return levels < noise + _SILENT_SHARE * (speech - noise)


def silences(frames: np.ndarray, config: Config) -> np.ndarray:
    """Return start and end of each silence of an utterance, [R, 2], in frames of the model's output and fractions.

    Args:
        frames: [S, F], not normalised; S may be 0.
        config: of features and model.
    """
    if not len(frames):
        return np.zeros((0, 2))
    levels = loudness(frames, config.features)
    edges = np.flatnonzero(np.diff(silent_frames(levels), prepend=False, append=False)).reshape(-1, 2)
    long = edges[edges[:, 1] - edges[:, 0] >= _SHORTEST_S / config.features.hop_s]
    # The first frames of features and of output have their middle in common, not their start.
    stride = config.model.time_stride
    return (long - 0.5) / stride + 0.5
