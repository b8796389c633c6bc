"""Frames of a recording without end, cut into overlapping windows that a network of two directions can compute.

A window's middle is kept of what the network says; the frames on either side are there for the network to see. So every
frame's logits are those of a network that has seen some seconds before it and after it, and a word on the seam of two
windows is seen whole by both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from asr.config import Config, FeatureConfig
from asr.decoding.silences import loudness, silent_frames
from asr.features import POWER_FLOOR, FeatureStatistics, Frames

# A seam lies where it is quietest in this last share of a window.
_SEAM_SHARE = 1 / 3
_SEAM_WIDTH_S = 0.2
# Digital silence lies far below all that was trained with; it is raised to so many deviations below the mean.
_MOST_DEVIATIONS = 4.0
# Of each pause, so much on either side counts for mean and deviation: as much as utterances of corpora have.
_PAUSE_MARGIN_S = 0.25
_ALMOST_NOTHING = np.log(POWER_FLOOR) + 3.0


@dataclass(frozen=True, slots=True)
class WindowSizes:
    """How a recording is cut, in frames; all are multiples of the network's stride.

    Attributes:
        middle: that are kept of a window, at most.
        before: that the network sees before them.
        after: likewise after them.
        seeks_quiet: whether a seam may come earlier, where it is quiet.
    """

    middle: int
    before: int
    after: int
    seeks_quiet: bool = True

    @classmethod
    def for_files(cls, config: Config) -> "WindowSizes":
        """Return those of long recordings."""
        decode = config.decode.windows
        middle, context = _in_strides(config, decode.window_s, decode.context_s)
        return cls(middle, context, context)

    @classmethod
    def for_streams(cls, config: Config) -> "WindowSizes":
        """Return those of streams, whose text must not wait."""
        decode = config.decode.windows
        return cls(*_in_strides(config, decode.chunk_s, decode.look_back_s, decode.look_ahead_s), seeks_quiet=False)


def _in_strides(config: Config, *seconds: float) -> list[int]:
    stride = config.model.time_stride
    return [stride * max(1, round(one / config.features.hop_s / stride)) for one in seconds]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Part of a recording.

    Attributes:
        frames: [T, F] what the network sees.
        first: of the frames, where the middle begins.
        count: how many the middle has.
    """

    frames: Frames
    first: int
    count: int


class Windows:
    """The windows of one recording as its frames come."""

    def __init__(self, sizes: WindowSizes, config: Config) -> None:
        """Start a recording."""
        self._sizes, self._config = sizes, config
        self._frames = np.zeros((0, config.features.num_features), np.float32)
        self._first = 0  # of the frames, the first that is in no window's middle yet

    def feed(self, frames: Frames) -> Iterator[Window]:
        """Take frames [t, F] and yield the windows that are complete by now."""
        self._frames = np.concatenate([self._frames, frames])
        while len(self._frames) - self._first >= self._sizes.middle + self._sizes.after:
            count = self._quietest() if self._sizes.seeks_quiet else self._sizes.middle
            yield self._taken(count, self._first + count + self._sizes.after)

    def end(self) -> Iterator[Window]:
        """Yield the window that is left, if any."""
        if len(self._frames) > self._first:
            yield self._taken(len(self._frames) - self._first, len(self._frames))

    def _taken(self, count: int, stop: int) -> Window:
        window = Window(self._frames[:stop], self._first, count)
        seam = self._first + count
        kept = max(0, seam - self._sizes.before)
        self._frames, self._first = self._frames[kept:], seam - kept
        return window

    def _quietest(self) -> int:
        """Return after how many frames of the middle it is quietest, in its last part."""
        middle, stride = self._sizes.middle, self._config.model.time_stride
        width = max(1, round(_SEAM_WIDTH_S / self._config.features.hop_s))
        levels = loudness(self._frames[self._first : self._first + middle + width], self._config.features)
        mean = np.convolve(levels, np.full(width, 1 / width), mode="valid")[:middle]  # of the frames from each on
        start = round(middle * (1 - _SEAM_SHARE))
        quiet = start + int(np.argmin(mean[start:])) + width // 2
        return max(stride, min(middle, quiet // stride * stride))


def window_statistics(window: Frames, config: FeatureConfig) -> tuple[Frames, FeatureStatistics]:
    """Return a window's frames with digital silence raised, and the statistics that normalise them.

    Pauses count only for as much as the utterances of a corpus have of them, and digital silence not at all: both would
    move mean and deviation away from those of speech. Where there is nothing else, it stays silence.
    """
    levels = loudness(window, config)
    counted = levels > _ALMOST_NOTHING
    counted &= ~_within_pauses(levels, counted, round(_PAUSE_MARGIN_S / config.hop_s))
    statistics = FeatureStatistics.of(window[counted]) if counted.any() else _far_above(window)
    return np.maximum(window, statistics.mean - _MOST_DEVIATIONS * statistics.std), statistics


def _far_above(silence: Frames) -> FeatureStatistics:
    """Return statistics below which digital silence [T, F] lies as far as it does beside speech.

    By its own, it would be as loud as speech.
    """
    return FeatureStatistics.of(silence.mean(axis=0) + np.array([[_MOST_DEVIATIONS - 1], [_MOST_DEVIATIONS + 1]]))


def _within_pauses(levels: np.ndarray, counted: np.ndarray, margin: int) -> np.ndarray:
    """Return which frames [T] lie in a pause, so many from its ends."""
    silent = ~counted
    if counted.any():
        silent[counted] = silent_frames(levels[counted])
    edges = np.flatnonzero(np.diff(silent, prepend=False, append=False)).reshape(-1, 2)
    within = np.zeros(len(levels), np.bool_)
    for start, end in edges[edges[:, 1] - edges[:, 0] > 2 * margin].tolist():
        within[start + margin : end - margin] = True
    return within
