"""What every kind of token has to know: how words become labels, and labels words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

from asr.tokens.spellings import StoredSpellings

BLANK = 0
BLANK_LABEL = "<blank>"


class WordLabels(NamedTuple):
    """A word, and which of an utterance's labels spell it."""

    word: str
    first: int  # position of its first label in the utterance's
    last: int  # of its last


class Spelling(Protocol):
    """One kind of tokens; texts and words that it is given are normalised already."""

    kind: str

    @property
    def guessed(self) -> Mapping[str, Sequence[str]]:
        """Words whose phones were guessed so far, and these; empty where words are spelled by their letters."""
        return {}

    @property
    def stored(self) -> StoredSpellings | None:
        """Spellings of many words that need not be worked out; None: there are none."""
        return None

    def store(self, words: Sequence[str], first: int, shared: Path | None = None) -> None:
        """Work out the spellings of the words from ``first`` on, and keep them, where that takes time."""

    def encode(self, text: str) -> list[int]:
        """Return the label indices of a text, or raise `asr.errors.UtteranceError`."""
        ...

    def decode(self, labels: Sequence[int]) -> str:
        """Return the text of label indices."""
        ...

    def words(self, labels: Sequence[int], text: str | None) -> list[WordLabels]:
        """Return the words and their labels; ``text`` is what the labels are known to say."""
        ...

    def spell(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        """Return, for each word, each sequence of label indices that stands for it; none where it cannot be spelled."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Return what ``tokens.json`` needs besides the labels; larger parts are written into its folder."""
        ...

    @classmethod
    def load(cls, labels: Sequence[str], value: dict[str, Any], folder: Path) -> Self:
        """Return what `save` wrote."""
        ...


def split_at_starts(parts: Sequence[str], starts: Sequence[bool]) -> list[WordLabels]:
    """Return the words of an utterance whose labels say where a word starts.

    Args:
        parts: what each label adds to its word; a label that only separates adds nothing.
        starts: whether a new word starts with the label.

    >>> split_at_starts(["A", "B", "", "A"], [False, False, True, False])
    [WordLabels(word='AB', first=0, last=1), WordLabels(word='A', first=3, last=3)]
    """
    words: list[WordLabels] = []
    open_word = False
    for position, (part, start) in enumerate(zip(parts, starts, strict=True)):
        open_word = open_word and not start
        if not part:
            continue
        if open_word:
            words[-1] = WordLabels(words[-1].word + part, words[-1].first, position)
        else:
            words.append(WordLabels(part, position, position))
            open_word = True
    return words
