"""Sound in containers that libsndfile does not know (MP4, AAC, WebM, Matroska, WMA, ...), decoded by PyAV.

PyAV brings FFmpeg's libraries with it; it is the extra ``media``.
"""

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from asr.errors import AudioError

# What a whole file may lack of the length in its header: rounding, and what encoders add at the ends and decoders drop
# again. At low rates the latter is longer: up to five frames of 576 samples, of MP3 in Matroska.
_MISSING_S, _MISSING_SAMPLES = 0.25, 2_880


class MediaFacts(NamedTuple):
    """What a file says of its sound; ``duration`` is in seconds, and None where the file does not say it."""

    sample_rate_hz: int
    num_channels: int
    duration: float | None


def media_facts(path: Path) -> MediaFacts:
    """Return what the header says.

    Raises:
        AudioError: as `media_blocks`.
    """
    with _opened(path) as (_, stream, duration):
        return MediaFacts(stream.rate, stream.codec_context.channels, duration)


def media_blocks(path: Path) -> Iterator[np.ndarray]:
    """Yield the samples of a file's first sound track, [n, C] float32, at its own rate.

    Raises:
        AudioError: PyAV is not installed; the file cannot be read, has no sound, or is shorter than it says.
    """
    with _opened(path) as (container, stream, duration):
        planar = _pyav().AudioResampler(format="fltp")
        num_samples = 0
        for frame in container.decode(stream):
            for block in planar.resample(frame):
                samples = block.to_ndarray().T
                num_samples += len(samples)
                yield samples
        seconds = num_samples / stream.rate
        if duration is not None and seconds < duration - max(_MISSING_S, _MISSING_SAMPLES / stream.rate):
            raise AudioError(
                f"{path}: truncated ({seconds:.2f} s of sound where the header says {duration:.2f} s): "
                f"copy or download it again"
            )


def live_media(file: io.BufferedReader, head: bytes) -> tuple[int, Iterator[np.ndarray]]:
    """Return rate and samples, [n, C] float32 each, of the first sound track of what comes through a pipe.

    Args:
        file: standard input, say.
        head: what was read of it already.

    Raises:
        AudioError: as `media_blocks`, also while the samples are taken.
    """
    if file.seekable():  # a file, and some containers have at the end what is needed first
        file.seek(-len(head), io.SEEK_CUR)
        blocks = _live_blocks(file)
    else:
        blocks = _live_blocks(_AsItComes(file, head))
    rate, first = next(blocks)
    return rate, itertools.chain([first], (samples for _, samples in blocks))


class _AsItComes:
    """A pipe as PyAV shall read it: what is there, where `BufferedReader.read` waits for all that was asked for."""

    def __init__(self, file: io.BufferedReader, head: bytes) -> None:
        self._file, self._head = file, head

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head or self._file.read1(size)


def _live_blocks(file: Any) -> Iterator[tuple[int, np.ndarray]]:
    path = Path("-")
    with _opened(path, file) as (container, stream, _):
        planar = _pyav(path).AudioResampler(format="fltp")
        yield stream.rate, np.zeros((0, stream.codec_context.channels), np.float32)
        for frame in container.decode(stream):
            yield from ((stream.rate, block.to_ndarray().T) for block in planar.resample(frame))


@contextmanager
def _opened(path: Path, file: Any = None) -> Iterator[tuple[Any, Any, float | None]]:
    """Yield container, sound track and seconds that the header promises; PyAV's errors become ours."""
    av = _pyav(path)
    try:
        with av.open(str(path) if file is None else file) as container:
            if not container.streams.audio:
                raise AudioError(f"{path}: has no sound: name a file with a sound track")
            stream = container.streams.audio[0]
            if stream.codec_context is None or not stream.codec_context.sample_rate:
                raise AudioError(
                    f"{path}: its sound is of no kind that PyAV knows: copy it again, or convert it to FLAC"
                )
            yield container, stream, _promised_seconds(container, stream)
    except (av.FFmpegError, ValueError) as error:  # PyAV has ValueError for sound that changes its form midway
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(f"{path}: truncated or damaged ({reason}): copy it again, or convert it to FLAC") from error


def _promised_seconds(container: Any, stream: Any) -> float | None:
    """Return the length that the header says; None where there is none, as FFmpeg then guesses by the bit rate."""
    if container.format.name in ("aac", "mpegts", "mpeg", "amr", "flac"):
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    # The container's is that of its longest track, and of AVI a guess by the bit rate, too.
    is_said = len(container.streams) == 1 and container.format.name != "avi"
    return container.duration / 1e6 if container.duration is not None and is_said else None


def _pyav(path: Path | None = None) -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise AudioError(
            f"{path}: reading this takes PyAV: install keras-asr[media], or convert the file to FLAC"
        ) from error
    return av
