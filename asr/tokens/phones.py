"""Phones as tokens: a word is pronounced as a dictionary says, or as is guessed from its letters.

The labels of an utterance do not say where its words start: no phone stands for the space. So what a search without a
lexicon finds is phones, and `Phones.decode` gives them as such.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from asr.errors import ConfigError, UtteranceError
from asr.pronunciation.pronouncer import Pronouncer
from asr.tokens.spelling import BLANK_LABEL, Spelling, WordLabels
from asr.tokens.spellings import StoredSpellings

PRONUNCIATIONS, SPELLINGS = "pronunciations.txt", "spellings.npz"  # beside tokens.json


class Phones(Spelling):
    """Labels are the phones of a dictionary, in order."""

    kind = "phones"

    def __init__(self, pronouncer: Pronouncer, stored: Path | None = None) -> None:
        """Keep the pronunciations; ``stored`` is a file that `StoredSpellings.save` wrote, which come first."""
        self._pronouncer, self._stored = pronouncer, stored
        self._shared: Path | None = None
        self.labels = (BLANK_LABEL, *pronouncer.phones)
        self._index = {label: index for index, label in enumerate(self.labels)}

    @property
    def guessed(self) -> Mapping[str, Sequence[str]]:
        """Words that are not in the dictionary and were pronounced all the same, with their phones."""
        return self._pronouncer.guessed

    @cached_property
    def stored(self) -> StoredSpellings | None:
        """Spellings that lie beside the tokens, read when they are first needed; None: there are none."""
        return StoredSpellings.load(self._stored) if self._stored else None

    def store(self, words: Sequence[str], first: int, shared: Path | None = None) -> None:
        """Pronounce the words from ``first`` on, which are in order of their bytes, and keep that for `save`.

        In the file ``shared``, which is written now, unless there are other spellings in it already.
        """
        guessed = dict(self._pronouncer.guessed)
        self.stored = StoredSpellings.of(words, [*([] for _ in range(first)), *self.spell(words[first:])])
        self._pronouncer.guessed = guessed  # the others are stored now
        if shared is not None and not shared.exists():
            self.stored.save(shared)
        self._shared = shared if shared and StoredSpellings.load(shared).same_as(self.stored) else None

    def encode(self, text: str) -> list[int]:
        """Return the labels of each word's first pronunciation.

        Raises:
            UtteranceError: words cannot be pronounced; they are named.
        """
        words = text.split()
        spelled = dict(zip(words, self.spell(words), strict=True))
        if unknown := sorted(word for word, several in spelled.items() if not several):
            cure = "add them to the dictionary (tokens.dictionary)"
            raise UtteranceError(
                f"{', '.join(map(repr, unknown))}: not in the pronunciation dictionary, and "
                + (
                    f"not to be guessed from letters: {cure}"
                    if self._pronouncer.guesses
                    else f"tokens.guess is off: {cure}"
                )
            )
        return [label for word in words for label in spelled[word][0]]

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
        for spellings in self.spell(words):
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

    def spell(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        """Return each pronunciation of each word."""
        if self.stored is None:
            return self._pronounced(words)
        found = self.stored.spell(words)
        others = [word for word, several in zip(words, found, strict=True) if several is None]
        pronounced = iter(self._pronounced(others) if others else [])  # no dictionary is read for none
        return [next(pronounced) if several is None else several for several in found]

    def _pronounced(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        found = self._pronouncer.pronounce(words)
        return [[tuple(self._index[phone] for phone in one) for one in several] for several in found]

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the dictionary, in the phones used here, beside ``tokens.json``; return its name and the guesses."""
        self._pronouncer.dictionary.save(folder / PRONUNCIATIONS)
        guessed = {word: " ".join(phones) for word, phones in sorted(self._pronouncer.guessed.items())}
        value = {"dictionary": PRONUNCIATIONS, "guess": self._pronouncer.guesses, "guessed": guessed}
        if self.stored is None:
            return value
        if self._shared is not None:
            return {**value, "spellings": os.path.relpath(self._shared, folder)}
        self.stored.save(folder / SPELLINGS)
        return {**value, "spellings": SPELLINGS}

    @classmethod
    def load(cls, labels: Sequence[str], value: dict[str, Any], folder: Path) -> Self:
        """Return the phones of the dictionary in ``folder``, which is read when it is first needed.

        Raises:
            ConfigError: the dictionary is missing, or what was guessed has phones that are not among the labels.
        """
        path = folder / value["dictionary"]
        if not path.is_file():
            raise ConfigError(f"{path.name} is not beside it")
        guessed = {word: tuple(phones.split()) for word, phones in value["guessed"].items()}
        if odd := {phone for phones in guessed.values() for phone in phones} - set(labels):
            raise ConfigError(f"a guess has {sorted(odd)[0]!r}, which is not a label")
        stored = folder / value["spellings"] if "spellings" in value else None
        return cls(Pronouncer(path, tuple(labels[1:]), guesses=value["guess"], guessed=guessed), stored)
