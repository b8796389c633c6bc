"""Pronunciations of any word: the dictionary's, else a guess, kept so that a run folder shows what was guessed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from asr.errors import ConfigError
from asr.pronunciation.dictionary import Dictionary, Pronunciation, read_dictionary
from asr.pronunciation.letters import LetterModel, learn_letters


class Pronouncer:
    """A dictionary, opened when it is first needed, and guesses for the words that it lacks.

    Attributes:
        phones: those that pronunciations are made of, sorted.
        guesses: whether words that are not in the dictionary are guessed.
        guessed: those that were, by casefolded word.
    """

    def __init__(
        self,
        dictionary: Dictionary | Path,
        phones: tuple[str, ...],
        *,
        guesses: bool,
        guessed: Mapping[str, Pronunciation] | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            dictionary: or the file that `Dictionary.save` wrote.
            phones: of the dictionary.
            guesses: pronounce words that the dictionary lacks as its words are pronounced.
            guessed: what was guessed before and stays so.
        """
        self._source = dictionary
        self.phones, self.guesses, self.guessed = phones, guesses, dict(guessed or {})

    @cached_property
    def dictionary(self) -> Dictionary:
        """The dictionary.

        Raises:
            ConfigError: its file is damaged, or has phones that are not among ``phones``.
        """
        if isinstance(self._source, Dictionary):
            return self._source
        dictionary = read_dictionary(self._source, stress=True)
        if odd := sorted(set(dictionary.phones) - set(self.phones)):
            raise ConfigError(f"{self._source}: {odd[0]!r} is not one of the model's phones: {' '.join(self.phones)}")
        return dictionary

    @cached_property
    def _letters(self) -> LetterModel:
        return learn_letters(self.dictionary)

    def pronounce(self, words: Sequence[str]) -> list[tuple[Pronunciation, ...]]:
        """Return how each word is pronounced, the usual way first; nothing where that cannot be known."""
        known = [self.dictionary.pronunciations(word) for word in words]
        keys = [word.casefold() for word in words]
        unknown = {key for key, several in zip(keys, known, strict=True) if not several} - set(self.guessed)
        if unknown and self.guesses:
            ordered = sorted(unknown)
            guesses = zip(ordered, self._letters.guess(ordered), strict=True)
            self.guessed |= {key: guess for key, guess in guesses if guess is not None}
        guessed = self.guessed
        return [
            several or ((guessed[key],) if key in guessed else ()) for key, several in zip(keys, known, strict=True)
        ]
