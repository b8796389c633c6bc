"""One recording to transcribe: where its sound is, and what its transcript is called."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from asr.audio import Waveform, audio_duration, num_channels, read_audio
from asr.audio_blocks import audio_blocks
from asr.errors import AudioError
from asr.raw_audio import RawFormat

STDIN = "-"  # what a pipe is called


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a span or a channel of one.

    Attributes:
        name: what messages call it, and the transcript.
        path: where it is read.
        place: of its transcripts below the output folder, without suffix.
        offset: seconds from the file's start to the span's.
        duration: of the span in seconds; None: to the file's end.
        channel: from 0; None: the mean of all.
        raw: how samples lie in a file without a header.
    """

    name: str
    path: Path
    place: PurePath
    offset: float = 0.0
    duration: float | None = None
    channel: int | None = None
    raw: RawFormat | None = None

    @classmethod
    def of(cls, audio: "str | Path | Source") -> "Source":
        """Return a source as it is, or that of a whole file."""
        return audio if isinstance(audio, Source) else cls(shown(Path(audio)), Path(audio), PurePath(Path(audio).stem))

    @property
    def title(self) -> str:
        """Name, and channel where it is one of several."""
        return self.name if self.channel is None else f"{self.name} channel {self.channel}"

    def read(self, sample_rate_hz: int) -> Waveform:
        """Return the waveform [N].

        Raises:
            AudioError: as `asr.audio.read_audio`.
        """
        with self._naming_stdin():
            return read_audio(self.path, sample_rate_hz=sample_rate_hz, **self._span)

    def blocks(self, sample_rate_hz: int) -> Iterator[Waveform]:
        """Yield the waveform in blocks [n].

        Raises:
            AudioError: as `asr.audio_blocks.audio_blocks`.
        """
        with self._naming_stdin():
            yield from audio_blocks(self.path, sample_rate_hz=sample_rate_hz, **self._span)

    def seconds(self) -> float:
        """Return how long it is, as far as can be told without reading it.

        Raises:
            AudioError: as `asr.audio.audio_duration`.
        """
        if self.duration is not None:
            return self.duration
        return audio_duration(self.path, self.raw) - self.offset

    @property
    def _span(self) -> dict[str, Any]:
        return {"offset_s": self.offset, "duration_s": self.duration, "channel": self.channel, "raw": self.raw}

    @contextmanager
    def _naming_stdin(self) -> Iterator[None]:
        try:
            yield
        except AudioError as error:
            if self.name != STDIN:
                raise
            # What came from a pipe lies in a file whose name means nothing to anyone.
            raise AudioError(str(error).replace(str(self.path), STDIN)) from error


def shown(path: Path) -> str:
    """Return a path as text that can be printed and kept: names of files may be no UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def split_channels(sources: Iterable[Source]) -> list[Source]:
    """Return a source for each channel of each file; one that cannot be read stays as it is, and says so when read."""
    return [channel for source in sources for channel in _channels(source)]


def _channels(source: Source) -> list[Source]:
    try:
        count = num_channels(source.path, source.raw)
    except AudioError:
        return [source]
    place = source.place
    return [
        replace(source, channel=channel, place=place.with_name(f"{place.name}.channel{channel}"))
        for channel in range(count)
    ]
