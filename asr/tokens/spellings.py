"""Spellings of many words as arrays in one file: worked out once, they need not be again whenever a model is loaded.

To pronounce the words of a large language model takes a dictionary that must be read, and guesses, far longer than
reading a sentence. `Phones` keeps the result here, for a language model's words in its own order.
"""

import bisect
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from asr.errors import ConfigError
from asr.files import replacing

_MANY = 1000  # words from which on a table of all is quicker than bisection


@dataclass(frozen=True, eq=False)
class StoredSpellings:
    """R spellings of W words.

    Attributes:
        words: uint8, UTF-8 of all words in a row; those that have spellings are in order of their bytes.
        word_offsets: [W + 1] int32 into it.
        labels: uint16, the labels of all spellings in a row, spellings in order.
        offsets: [R + 1] int64 into it.
        word_of_row: [R] int32, the word that each spells.
    """

    words: np.ndarray
    word_offsets: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray
    word_of_row: np.ndarray

    @classmethod
    def of(cls, words: Sequence[str], spelled: Sequence[Sequence[tuple[int, ...]]]) -> Self:
        """Return the spellings of words, which are in order of their bytes but for some first without spellings."""
        encoded = [word.encode() for word in words]
        rows = sorted((one, number) for number, several in enumerate(spelled) for one in several)
        return cls(
            words=np.frombuffer(b"".join(encoded), np.uint8),
            word_offsets=np.cumsum([0, *map(len, encoded)]).astype(np.int32),
            labels=np.array([label for one, _ in rows for label in one], np.uint16),
            offsets=np.cumsum([0, *(len(one) for one, _ in rows)]).astype(np.int64),
            word_of_row=np.array([number for _, number in rows], np.int32),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ConfigError: the file cannot be read.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls(**arrays)
        except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ConfigError(f"{path}: not a file of spellings ({error}): restore the folder") from error

    def save(self, path: Path) -> None:
        """Write one ``.npz`` file, whole or not at all."""
        with replacing(path) as part:
            np.savez(part, **asdict(self))

    def same_as(self, other: "StoredSpellings") -> bool:
        """Whether the other holds the same words with the same spellings."""
        return all(map(np.array_equal, asdict(self).values(), asdict(other).values()))

    def spell(self, words: Sequence[str]) -> list[list[tuple[int, ...]] | None]:
        """Return each spelling of each word; None for a word that is not among these."""
        places = [self._table.get(word) for word in words] if len(words) >= _MANY else map(self._find, words)
        return [None if place is None else self._spellings(place) for place in places]

    def _spellings(self, place: int) -> list[tuple[int, ...]]:
        first, end = np.searchsorted(self._rows_by_word[0], [place, place + 1])
        rows = self._rows_by_word[1][first:end].tolist()
        return [tuple(self.labels[self.offsets[row] : self.offsets[row + 1]].tolist()) for row in rows]

    @cached_property
    def _rows_by_word(self) -> tuple[np.ndarray, np.ndarray]:
        """Words of all rows in order, and these rows."""
        order = np.argsort(self.word_of_row, kind="stable")
        return self.word_of_row[order], order

    @cached_property
    def _first(self) -> int:
        """The first word that has a spelling: those before it are in no order."""
        return int(self.word_of_row.min(initial=len(self.word_offsets) - 1))

    def _find(self, word: str) -> int | None:
        spelling, count = word.encode(), len(self.word_offsets) - 1
        place = bisect.bisect_left(range(count), spelling, lo=self._first, key=self._encoded)
        return place if place < count and self._encoded(place) == spelling else None

    def _encoded(self, place: int) -> bytes:
        return self.words[self.word_offsets[place] : self.word_offsets[place + 1]].tobytes()

    @cached_property
    def _table(self) -> dict[str, int]:
        return {self._encoded(place).decode(): place for place in range(self._first, len(self.word_offsets) - 1)}
