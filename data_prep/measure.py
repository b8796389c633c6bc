"""What one look at an utterance's samples tells: length, level, clipping, and a print to find copies by."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from asr.audio import audio_duration, read_channels
from asr.errors import AudioError
from asr.manifest import Utterance

FULL_SCALE = 0.99  # of the largest value; resampling and MP3 move clipped samples a little below 1
LEVEL_WINDOW_S = 0.025


@dataclass(frozen=True, slots=True)
class Measurement:
    """Facts of one utterance's recording.

    Attributes:
        sample_rate_hz: the file's own.
        num_channels: the file's.
        duration_s: the span's, as read.
        file_duration_s: the file's, as its header says.
        clipped_share: share of the samples at full scale.
        loudest_db: root mean square of the loudest 25 ms, in decibels below full scale (0 is the highest).
        fingerprint: equal for equal samples, and only for those.
    """

    sample_rate_hz: int
    num_channels: int
    duration_s: float
    file_duration_s: float
    clipped_share: float
    loudest_db: float
    fingerprint: str


def measure(utterance: Utterance) -> Measurement | str:
    """Return the facts of an utterance's recording, or why it cannot be read."""
    path = utterance.audio_filepath
    try:
        file_duration_s = audio_duration(path)
        samples, rate = read_channels(path, offset_s=utterance.offset, duration_s=utterance.duration or None)
    except AudioError as error:
        return str(error)
    num_channels = samples.shape[1]
    if utterance.channel is not None:
        if not 0 <= utterance.channel < num_channels:
            return f"{path}: no channel {utterance.channel}: the file has {num_channels}; mend the manifest's channel"
        samples = samples[:, [utterance.channel]]
    return Measurement(
        sample_rate_hz=rate,
        num_channels=num_channels,
        duration_s=len(samples) / rate,
        file_duration_s=file_duration_s,
        clipped_share=float((np.abs(samples) >= FULL_SCALE).mean()),
        loudest_db=loudest_db(samples.mean(axis=1), rate),
        fingerprint=hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest(),
    )


def loudest_db(waveform: np.ndarray, sample_rate_hz: int) -> float:
    """Return the level of the loudest 25 ms of a waveform [N] in decibels, full scale being 0; -inf for zeros.

    >>> loudest_db(np.full(16_000, 0.1, dtype=np.float32), 16_000)
    -20.0
    """
    size = min(len(waveform), max(1, round(LEVEL_WINDOW_S * sample_rate_hz)))
    windows = waveform[: len(waveform) // size * size].astype(np.float64).reshape(-1, size)
    power = float((windows**2).mean(axis=1).max())
    return round(10 * math.log10(power), 1) if power else float("-inf")
