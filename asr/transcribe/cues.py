"""Subtitles: which words are on the screen, in which lines, and when. SRT and WebVTT write the same cues."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.decoding.hypothesis import Word
from asr.transcribe.transcript import Segment, Transcript

# Characters a line where lines are limited in number and no width is asked for: what television shows.
_USUAL_WIDTH = 42


@dataclass(frozen=True, slots=True)
class CueStyle:
    """What subtitles look like.

    Attributes:
        max_line_width: characters a line, unless a word is longer; None: a segment is one line, or lines of 42
            characters where their number is limited.
        max_line_count: lines a cue; None: all that a segment has.
        highlight_words: whether there is a cue for each word, in which that word is marked.
    """

    max_line_width: int | None = None
    max_line_count: int | None = None
    highlight_words: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """Something on the screen for some time.

    Attributes:
        start: milliseconds from the file's start.
        end: likewise, after ``start``.
        lines: of words.
        marked: which word of the cue is being said, counted from 0 over all lines; None: none, or nobody asked.
    """

    start: int
    end: int
    lines: tuple[tuple[str, ...], ...]
    marked: int | None = None


def cues_of(transcript: Transcript, style: CueStyle) -> Iterator[Cue]:
    """Yield the cues of a transcript; none begins before the one before it, or ends after the recording."""
    last = max((segment.end for segment in transcript.segments), default=0.0)
    total = max(1, math.floor(round(last * 1000, 3)))
    for segment in transcript.segments:
        for lines in _pages(segment, style):
            words = [word for line in lines for word in line]
            spelled = tuple(tuple(word.word for word in line) for line in lines)
            timed = all(word.start is not None and word.end is not None for word in words)
            start = words[0].start if timed and words[0].start is not None else segment.start
            end = words[-1].end if timed and words[-1].end is not None else segment.end
            for low, high, marked in _moments(words, start, end, style.highlight_words and timed):
                yield _cue(low, high, total, spelled, marked)


def _cue(start: float, end: float, total: int, lines: tuple[tuple[str, ...], ...], marked: int | None) -> Cue:
    """Return a cue in whole milliseconds, at least one long: players leave out what has no length."""
    first = min(round(start * 1000), total - 1)
    return Cue(first, min(max(round(end * 1000), first + 1), total), lines, marked)


def _pages(segment: Segment, style: CueStyle) -> Iterator[Sequence[Sequence[Word]]]:
    """Yield the lines that are shown together."""
    timed = all(word.start is not None for word in segment.words)
    lines = list(_lines(segment.words, style))
    step = style.max_line_count if style.max_line_count and timed else len(lines)
    for first in range(0, len(lines), step or 1):
        yield lines[first : first + step]


def _lines(words: Sequence[Word], style: CueStyle) -> Iterator[Sequence[Word]]:
    """Yield words in lines, each as full as it gets."""
    width = style.max_line_width or (_USUAL_WIDTH if style.max_line_count else None)
    line: list[Word] = []
    length = -1
    for word in words:
        if line and width is not None and length + 1 + len(word.word) > width:
            yield line
            line, length = [], -1
        line.append(word)
        length += 1 + len(word.word)
    if line:
        yield line


def _moments(
    words: Sequence[Word], start: float, end: float, highlight: bool
) -> Iterator[tuple[float, float, int | None]]:
    """Yield what is shown when: the words once, or once for each word and for each pause."""
    if not highlight:
        yield start, end, None
        return
    shown = start
    for index, word in enumerate(words):
        assert word.start is not None and word.end is not None
        if round(word.start * 1000) > round(shown * 1000):
            yield shown, word.start, None
        yield word.start, word.end, index
        shown = word.end


def marked_text(cue: Cue, before: str = "<u>", after: str = "</u>") -> str:
    """Return the lines of a cue, with the marked word between two texts."""
    number = 0
    lines = []
    for line in cue.lines:
        words = [f"{before}{word}{after}" if cue.marked == number + i else word for i, word in enumerate(line)]
        number += len(line)
        lines.append(" ".join(words))
    return "\n".join(lines)


def clock_time(milliseconds: int, decimal_mark: str) -> str:
    """Return a time as subtitles have it.

    >>> clock_time(3_723_004, ",")
    '01:02:03,004'
    """
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{decimal_mark}{rest:03d}"
