"""Sound as it comes to text as it gets certain: microphones, pipes, calls."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from asr.audio import Waveform, check_samples
from asr.errors import ShapeError
from asr.features import num_frames
from asr.transcribe.clock import frame_clock
from asr.transcribe.listening import WindowModel, listener
from asr.transcribe.running import Decoding, RunningText, Said
from asr.transcribe.segments import MAX_SECONDS, segments_of
from asr.transcribe.transcript import Segment
from asr.transcribe.windows import WindowSizes

_NAME = Path("stream")  # what messages call it


@dataclass(frozen=True, slots=True)
class StreamUpdate:
    """What has changed.

    Attributes:
        seconds: of sound that were heard.
        segments: what was said since the last ones, and will not change any more; empty for an update of the rest.
        stable: words after all segments so far that will not change.
        text: the best text after all segments so far; it begins with ``stable``.
    """

    seconds: float
    segments: tuple[Segment, ...]
    stable: str
    text: str

    @property
    def is_final(self) -> bool:
        """Whether there are new segments."""
        return bool(self.segments)


class TextStream:
    """The text of one stream of sound.

    stream = TextStream(model, decoding)
    for block in blocks:
        for update in stream.feed(block):
            print(update.text)
    for update in stream.end():
        print(update.segments)
    """

    def __init__(self, model: WindowModel, decoding: Decoding, *, max_segment_seconds: float = MAX_SECONDS) -> None:
        """Start a stream."""
        self._features, self._max_segment_seconds = model.config.features, max_segment_seconds
        self._rate = self._features.sample_rate_hz
        self._hearing = listener(model, WindowSizes.for_streams(model.config))
        self._running = RunningText(decoding, frame_clock(model.config))
        self._num_samples = self._num_segments = 0
        self._last = ("", "")

    def feed(self, waveform: Waveform) -> Iterator[StreamUpdate]:
        """Take samples [n] at the model's rate and yield what has changed.

        Raises:
            UtteranceError: a lexicon leaves nothing that was said.
        """
        self._num_samples += len(waveform)
        for heard in self._hearing.feed(waveform):
            for said in self._running.feed(*heard):
                yield self._final(said)
            if len(heard.log_probs):
                yield from self._changed()

    def end(self) -> Iterator[StreamUpdate]:
        """Yield what is left; of a stream shorter than a frame, nothing.

        Raises:
            UtteranceError: a lexicon leaves nothing that was said.
        """
        if not num_frames(self._num_samples, self._features):
            return
        for heard in self._hearing.end():
            for said in self._running.feed(*heard):
                yield self._final(said)
        for said in self._running.end(self._num_samples / self._rate):
            yield self._final(said)

    def _changed(self) -> Iterator[StreamUpdate]:
        stable, text = self._running.partial()
        if (stable, text) != self._last:
            self._last = (stable, text)
            yield StreamUpdate(self._num_samples / self._rate, (), stable, text)

    def _final(self, said: Said) -> StreamUpdate:
        start, end = said.words[0].start or 0.0, said.words[-1].end or 0.0
        found = segments_of(said.words, start, end, max_seconds=self._max_segment_seconds)
        numbered = tuple(Segment(self._num_segments + one.id, one.start, one.end, one.text, one.words) for one in found)
        self._num_segments += len(found)
        self._last = ("", "")
        return StreamUpdate(self._num_samples / self._rate, numbered, "", "")


def checked(chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Waveform]:
    """Return the chunks of a stream as float32; each is checked when it is taken.

    Raises:
        AudioError: the rate is none of sound, or a sample is not finite or beyond any loudness.
        ShapeError: a chunk is not [n], or holds integers.
    """
    check_samples(_NAME, np.zeros(1, np.float32), sample_rate_hz)  # the rate, before anything is resampled
    return map(partial(_checked, sample_rate_hz), chunks)


def _checked(sample_rate_hz: int, chunk: np.ndarray) -> Waveform:
    samples = np.asarray(chunk)
    if samples.ndim != 1:
        raise ShapeError(f"{_NAME}: a chunk of shape {samples.shape}: give [n] samples, the mean of all channels")
    if samples.dtype.kind != "f":
        raise ShapeError(
            f"{_NAME}: a chunk of {samples.dtype}, and samples are floats in -1..1: "
            f"divide integers by the largest there are, int16 by 32768"
        )
    if len(samples):
        check_samples(_NAME, samples, sample_rate_hz)
    return samples.astype(np.float32, copy=False)


def in_portions(blocks: Iterable[Waveform], size: int) -> Iterator[Waveform]:
    """Yield a waveform in portions of ``size`` samples, however long the blocks are; the last may be shorter."""
    waiting = np.zeros(0, np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, np.asarray(block, np.float32)])
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if len(waiting):
        yield waiting
