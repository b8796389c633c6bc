"""From an alignment of labels to words with times.

CTC models put a label out as a spike of a frame or two somewhere inside its sound, and blanks elsewhere, so that the
frames of a word's labels are shorter than the word. Where a word begins and ends between spikes is therefore a rule:

- a word claims ``LEAD_S`` before the first frame of its first label and ``TAIL_S`` after the last frame of its last, as
  far as no label of another word (and not the utterance's end) stands there;
- a label of more than one frame shows more of its sound: half of what it is longer than one is taken from the claim;
- where two words claim more than lies between them, they share it in the proportion of their claims.

The frames of a space between two words count as lying between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.decoding.align import Alignment
from asr.decoding.hypothesis import Word
from asr.tokens import WordLabels

# With these, a model of frames of 40 ms is neither late nor early on AN4's development set: docs/benchmarks.md.
LEAD_S = 0.06
TAIL_S = 0.10  # the last sound of a word is the longest


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
    *,
    lead_s: float = LEAD_S,
    tail_s: float = TAIL_S,
) -> tuple[Word, ...]:
    """Return words with start and end in seconds.

    Args:
        words: in the order of their labels, as `asr.tokens.Tokens.words` returns them.
        alignment: where the labels lie.
        clock: when the frames are.
        lead_s: how far before its first label a word may begin.
        tail_s: how far after its last label it may end.

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
    pauses = [start - end for end, start in zip([0, *ends], [*starts, alignment.num_frames], strict=True)]
    granted = [min(1.0, pause / (a + b)) if a + b else 0.0 for pause, a, b in zip(pauses, after, before, strict=True)]
    return tuple(
        Word(
            word.word,
            clock.seconds(starts[i] - before[i] * granted[i]),
            clock.seconds(ends[i] + after[i + 1] * granted[i + 1]),
        )
        for i, word in enumerate(words)
    )


def label_times(alignment: Alignment, clock: FrameClock) -> Iterator[tuple[float, float]]:
    """Yield start and end in seconds of each label's own frames: the spikes, nothing added."""
    for start, end in zip(alignment.starts.tolist(), alignment.ends.tolist(), strict=True):
        yield clock.seconds(start), clock.seconds(end)
