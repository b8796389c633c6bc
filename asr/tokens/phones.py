"""Phones as tokens: a word is pronounced as a dictionary says, or as a guess from its letters.

The labels of an utterance do not say where its words start: no phone stands for the space. So what a search without a
lexicon finds is phones, and `Phones.decode` gives them as such.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from asr.errors import UtteranceError
from asr.pronunciation.dictionary import Dictionary, Pronunciation, read_dictionary
from asr.tokens.spelling import BLANK_LABEL, WordLabels

PRONUNCIATIONS = "pronunciations.txt"  # beside tokens.json


class Phones:
    """Labels are the phones of a dictionary, in order."""

    kind = "phones"

    def __init__(self, dictionary: Dictionary) -> None:
        """Keep the dictionary."""
        self._dictionary = dictionary

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The blank, then the phones."""
        return (BLANK_LABEL, *self._dictionary.phones)

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {label: index for index, label in enumerate(self.labels)}

    def _pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        return self._dictionary.pronunciations(word)

    def encode(self, text: str) -> list[int]:
        """Return the labels of each word's first pronunciation.

        Raises:
            UtteranceError: words are not in the dictionary; they are named.
        """
        words = text.split()
        if unknown := sorted({word for word in words if not self._pronunciations(word)}):
            raise UtteranceError(
                f"not in the pronunciation dictionary: {', '.join(unknown)}: add them to it (tokens.dictionary)"
            )
        return [self._index[phone] for word in words for phone in self._pronunciations(word)[0]]

    def decode(self, labels: Sequence[int]) -> str:
        """Return the phones, a space between two."""
        return " ".join(self.labels[label] for label in labels)

    def words(self, labels: Sequence[int], text: str | None) -> list[WordLabels]:
        """Return the words of ``text`` and their labels; without a text each phone stands for itself.

        Raises:
            UtteranceError: the labels are no pronunciation of the text.
        """
        if text is None:
            return [WordLabels(self.labels[label], position, position) for position, label in enumerate(labels)]
        words, labels = text.split(), tuple(labels)
        # For each word, where it may end, and where it then starts.
        ends: list[dict[int, int]] = [{0: 0}]
        for word in words:
            spellings = self.spell(word)
            fits = [(start, one) for start in ends[-1] for one in spellings if labels[start : start + len(one)] == one]
            ends.append({start + len(one): start for start, one in fits})
        if len(labels) not in ends[-1]:
            raise UtteranceError(
                f"{self.decode(labels)!r} is no pronunciation of {text!r}: give labels and text of one"
            )
        spans, end = [], len(labels)
        for word, starts in zip(reversed(words), reversed(ends), strict=False):
            spans.append(WordLabels(word, starts[end], end - 1))
            end = starts[end]
        return spans[::-1]

    def spell(self, word: str) -> list[tuple[int, ...]]:
        """Return each pronunciation of a word."""
        return [tuple(self._index[phone] for phone in one) for one in self._pronunciations(word)]

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the dictionary beside ``tokens.json``, phones as they are used here, and return its name."""
        self._dictionary.save(folder / PRONUNCIATIONS)
        return {"dictionary": PRONUNCIATIONS}

    @classmethod
    def load(cls, labels: Sequence[str], value: dict[str, Any], folder: Path) -> Self:
        """Return the phones of the dictionary in ``folder``.

        Raises:
            ConfigError: the dictionary is missing or damaged, or its phones are not the labels.
        """
        return cls(read_dictionary(folder / value["dictionary"], stress=True))
