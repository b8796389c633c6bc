"""From an alignment of labels to words with times.

CTC models put a label out as a spike of a frame or two somewhere inside its sound, and blanks elsewhere, so that the
frames of a word's labels are shorter than the word. Where a word begins and ends between spikes is therefore a rule:

- a word reaches up to ``LEAD_S`` back before the first frame of its first label, and up to ``TAIL_S`` on after the last
  frame of its last label, as far as no label of another word (and not the utterance's end) stands there;
- where two words claim more than lies between them, they share it in the proportion of their claims.

The frames of a space between two words count as lying between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.decoding.align import Alignment
from asr.decoding.hypothesis import Word
from asr.tokens import WordLabels

LEAD_S = 0.04  # a letter takes some 80 ms, and its spike stands somewhere in it
TAIL_S = 0.05  # the last sound of a word is the longest


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
    spans = _spoken_frames(words, alignment)
    pauses = zip([0, *(end for _, end in spans)], [*(start for start, _ in spans), alignment.num_frames], strict=True)
    gaps = [after - before for before, after in pauses]
    shares = [min(1.0, gap / (lead + tail)) if lead + tail else 0.0 for gap in gaps]
    shares[0], shares[-1] = 1.0, 1.0  # there, one word alone reaches out
    return tuple(
        Word(
            word.word,
            clock.seconds(start - min(gaps[i], lead * shares[i])),
            clock.seconds(end + min(gaps[i + 1], tail * shares[i + 1])),
        )
        for i, (word, (start, end)) in enumerate(zip(words, spans, strict=True))
    )


def _spoken_frames(words: Sequence[WordLabels], alignment: Alignment) -> list[tuple[int, int]]:
    return [(int(alignment.starts[word.first]), int(alignment.ends[word.last])) for word in words]


def label_times(alignment: Alignment, clock: FrameClock) -> Iterator[tuple[float, float]]:
    """Yield start and end in seconds of each label's own frames: the spikes, nothing added."""
    for start, end in zip(alignment.starts.tolist(), alignment.ends.tolist(), strict=True):
        yield clock.seconds(start), clock.seconds(end)
