"""From an alignment of labels to words with times.

CTC models put a label out as a spike of a frame or two somewhere inside its sound, and blanks elsewhere, so that the
frames of a word's labels are shorter than the word. Where a word begins and ends between spikes is therefore a rule:

- a word ends where the first silence after its last label begins, and begins where the last one before its first label
  ends, if the silences of the utterance are known and the label of that word is no more than ``REACH_S`` away;
- where it has no silence, a word claims ``LEAD_S`` before the first frame of its first label and ``TAIL_S`` after the
  last frame of its last, as far as no label of another word (and not the utterance's end) stands there;
- a label of more than one frame shows more of its sound: half of what it is longer than one is taken from the claim;
- where two words claim more than lies between them, they share it in the proportion of their claims.

The frames of a space between two words count as lying between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from asr.decoding.align import Alignment
from asr.decoding.hypothesis import Word
from asr.tokens import WordLabels

# With these, a model of frames of 40 ms is neither late nor early on AN4's development set: docs/benchmarks.md.
LEAD_S = 0.06
TAIL_S = 0.10  # the last sound of a word is the longest
REACH_S = 0.5  # sound further from a label is something else's


@dataclass(frozen=True, slots=True)
class FrameClock:
    """When the frames of a model's output are.

    Attributes:
        seconds_per_frame: from one frame to the next: hop times time stride.
        offset: seconds from the file's start to the start of frame 0.
        start: seconds from the file's start to the utterance's; no time is before it.
        end: likewise to the utterance's end, no time is after it; None where that is not known.
    """

    seconds_per_frame: float
    offset: float = 0.0
    start: float = 0.0
    end: float | None = None

    def seconds(self, frame: float) -> float:
        """Return when a frame starts, in seconds from the file's start; frames may be fractions."""
        seconds = max(self.start, self.offset + frame * self.seconds_per_frame)
        return seconds if self.end is None else max(self.start, min(self.end, seconds))


def word_times(
    words: Sequence[WordLabels],
    alignment: Alignment,
    clock: FrameClock,
    silences: np.ndarray | None = None,
    *,
    lead_s: float = LEAD_S,
    tail_s: float = TAIL_S,
) -> tuple[Word, ...]:
    """Return words with start and end in seconds.

    Args:
        words: in the order of their labels, as `asr.tokens.Tokens.words` returns them.
        alignment: where the labels lie.
        clock: when the frames are.
        silences: [R, 2] start and end of each in frames, as `asr.decoding.silences` finds them; None: not known.
        lead_s: how far before its first label a word may begin where there is no silence.
        tail_s: likewise how far after its last label it may end.

    Returns:
        One word each, no two overlapping; ``confidence`` is None.
    """
    lead, tail = lead_s / clock.seconds_per_frame, tail_s / clock.seconds_per_frame
    lengths = (alignment.ends - alignment.starts).tolist()
    starts = [int(alignment.starts[word.first]) for word in words]
    ends = [int(alignment.ends[word.last]) for word in words]
    # What is claimed of each pause: by the word before it, and by the word after it.
    after = [0.0, *(max(0.0, tail - (lengths[word.last] - 1) / 2) for word in words)]
    before = [*(max(0.0, lead - (lengths[word.first] - 1) / 2) for word in words), 0.0]
    pauses = list(zip([0, *ends], [*starts, alignment.num_frames], strict=True))
    edges = [_shared(*pause, a, b) for pause, a, b in zip(pauses, after, before, strict=True)]
    if silences is not None:
        reach = max(REACH_S / clock.seconds_per_frame, lead, tail)
        edges = [_beside_silences(*pause, edge, silences, reach) for pause, edge in zip(pauses, edges, strict=True)]
    return tuple(
        Word(word.word, clock.seconds(edges[i][1]), clock.seconds(edges[i + 1][0])) for i, word in enumerate(words)
    )


def _shared(first: int, last: int, after: float, before: float) -> tuple[float, float]:
    """Return where the word before a pause ends and where the word after it begins, by what they claim of it."""
    granted = min(1.0, (last - first) / (after + before)) if after + before else 0.0
    return first + after * granted, last - before * granted


def _beside_silences(
    first: int, last: int, shared: tuple[float, float], silences: np.ndarray, reach: float
) -> tuple[float, float]:
    """Return the same by the silences of the pause; what is more than ``reach`` frames from its label stays shared."""
    within = silences[(silences[:, 1] > first) & (silences[:, 0] < last)]
    if not len(within):
        return shared
    end, start = max(float(within[0, 0]), first), min(float(within[-1, 1]), last)
    return end if end - first <= reach else shared[0], start if last - start <= reach else shared[1]


def label_times(alignment: Alignment, clock: FrameClock) -> Iterator[tuple[float, float]]:
    """Yield start and end in seconds of each label's own frames: the spikes, nothing added."""
    for start, end in zip(alignment.starts.tolist(), alignment.ends.tolist(), strict=True):
        yield clock.seconds(start), clock.seconds(end)
