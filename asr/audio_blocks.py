"""Sound files in, block by block: a recording of hours never lies in memory as a whole.

What is read is what `asr.audio.read_audio` returns, to the rounding of the resampler.
"""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from asr.audio import (
    Waveform,
    check_samples,
    mixed,
    needs_pyav,
    one_channel,
    opened,
    span_blocks,
    span_of,
    span_of_media,
)
from asr.media import media_facts
from asr.raw_audio import RawFormat

BLOCK_S = 10.0


def audio_blocks(
    path: Path,
    *,
    sample_rate_hz: int,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    channel: int | None = None,
    raw: RawFormat | None = None,
) -> Iterator[Waveform]:
    """Yield one span of a file as blocks [n] float32 of a mono waveform; arguments as `asr.audio.read_audio`.

    Raises:
        AudioError: as `asr.audio.read_audio`; what is wrong in the middle of a file shows when that is read.
    """
    path = Path(path)
    if raw is None and needs_pyav(path):
        rate = media_facts(path).sample_rate_hz
        blocks = span_of_media(path, rate, offset_s, duration_s)
        yield from resampled(_checked(path, blocks, rate, channel), rate, sample_rate_hz)
        return
    with opened(path, raw) as file:
        rate = file.samplerate
        span = span_of(path, rate, file.frames, offset_s, duration_s)
        blocks = span_blocks(file, span, round(BLOCK_S * rate))
        yield from resampled(_checked(path, blocks, rate, channel), rate, sample_rate_hz)


def resampled(blocks: Iterable[Waveform], from_rate_hz: float, to_rate_hz: float) -> Iterator[Waveform]:
    """Yield blocks of a waveform at another rate; a block may be empty."""
    if from_rate_hz == to_rate_hz:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_rate_hz, to_rate_hz, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def decoded(content: bytes, raw: RawFormat) -> Waveform:
    """Return samples without a header, a whole number of them, as a mono waveform [n]."""
    options: dict[str, Any] = raw.soundfile_options
    samples, _ = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True, **options)
    return mixed(samples)


def _checked(path: Path, blocks: Iterable[np.ndarray], rate: int, channel: int | None) -> Iterator[Waveform]:
    for block in blocks:
        check_samples(path, block, rate)
        yield one_channel(block, channel, path)
