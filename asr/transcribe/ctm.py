"""CTM, NIST's format of words with times: one line a word, ``recording channel start duration word confidence``.

Source: the "ctm" format of NIST's SCTK (sclite), time-marked conversations.
"""

from collections.abc import Iterable

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError


def ctm_lines(name: str, words: Iterable[Word], *, channel: str = "1") -> str:
    """Return the lines of one recording.

    Args:
        name: what the recording is called; the first column.
        words: each with start and end; a confidence is written where it is known.
        channel: the second column.

    Returns:
        One line a word, seconds to the millisecond; nothing for no words.

    Raises:
        TranscriptionError: the name is empty or has a space in it, which is what parts the columns.
    """
    if name.split() != [name]:
        raise TranscriptionError(f"{name!r}: cannot be a name in CTM, whose columns are parted by spaces: rename it")
    return "".join(_line(name, channel, word) for word in words)


def _line(name: str, channel: str, word: Word) -> str:
    assert word.start is not None and word.end is not None
    # The end is rounded, not the duration, so that words that meet still do so.
    start, end = round(word.start, 3), round(word.end, 3)
    confidence = "" if word.confidence is None else f" {word.confidence:.4f}"
    return f"{name} {channel} {start:.3f} {end - start:.3f} {word.word}{confidence}\n"
