"""Words into segments: a segment ends where the speaker pauses.

The text has no punctuation to go by. A pause of ``PAUSE_S`` always parts two segments; what is then still longer than
wanted is cut at its longest pause, again and again, where a pause counts the less the nearer it is to an end.
"""

from collections.abc import Iterator, Sequence

from asr.decoding.hypothesis import Word
from asr.transcribe.transcript import Segment

PAUSE_S = 0.8
MAX_SECONDS = 10.0
# A pause counts as so much longer, so that words without any pause between them are cut in the middle.
_LEAST_PAUSE_S = 0.02


def segments_of(
    words: Sequence[Word], start: float, end: float, *, max_seconds: float = MAX_SECONDS
) -> tuple[Segment, ...]:
    """Return the segments of one recording.

    Args:
        words: in their order; where one has no times, all are one segment.
        start: seconds from the file's start to the recording's, for words without times.
        end: likewise to its end.
        max_seconds: longest segment, unless a single word is longer.
    """
    if not words:
        return ()
    if any(word.start is None or word.end is None for word in words):
        return (Segment(0, start, end, _text(words), tuple(words)),)
    stretches = [part for stretch in _between_pauses(words) for part in _shortened(stretch, max_seconds)]
    return tuple(
        Segment(number, _start(stretch[0]), _end(stretch[-1]), _text(stretch), tuple(stretch))
        for number, stretch in enumerate(stretches)
    )


def _between_pauses(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    first = 0
    for index in range(1, len(words)):
        if _pause(words, index) >= PAUSE_S:
            yield words[first:index]
            first = index
    yield words[first:]


def _shortened(words: Sequence[Word], max_seconds: float) -> list[Sequence[Word]]:
    """Return the words in parts of at most ``max_seconds`` each, where words allow it."""
    finished: list[Sequence[Word]] = []
    waiting = [words]  # the next one last
    while waiting:
        part = waiting.pop()
        if len(part) == 1 or _end(part[-1]) - _start(part[0]) <= max_seconds:
            finished.append(part)
        else:
            cut = max(range(1, len(part)), key=lambda index: _worth(part, index))
            waiting += [part[cut:], part[:cut]]
    return finished


def _worth(words: Sequence[Word], index: int) -> float:
    """How good it is to cut before a word: its pause times the length of the shorter side."""
    left = _end(words[index - 1]) - _start(words[0])
    right = _end(words[-1]) - _start(words[index])
    return (_pause(words, index) + _LEAST_PAUSE_S) * min(left, right)


def _pause(words: Sequence[Word], index: int) -> float:
    """Seconds between a word and the one before it."""
    return max(0.0, _start(words[index]) - _end(words[index - 1]))


def _start(word: Word) -> float:
    assert word.start is not None
    return word.start


def _end(word: Word) -> float:
    assert word.end is not None
    return word.end


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.word for word in words)
