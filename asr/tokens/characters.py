"""Characters as tokens: a word is what stands between spaces, spelled by its letters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from asr.errors import ConfigError, UtteranceError
from asr.tokens.spelling import Spelling, WordLabels, split_at_starts


class Characters(Spelling):
    """Each label but the blank is one character."""

    kind = "characters"

    def __init__(self, labels: Sequence[str]) -> None:
        """Keep the labels, blank first.

        Raises:
            ConfigError: one of them is longer than a character.
        """
        if odd := [label for label in labels[1:] if len(label) != 1]:
            raise ConfigError(f"label {odd[0]!r} is not one character: character tokens are")
        self._labels = tuple(labels)
        self._index = {label: index for index, label in enumerate(labels)}

    def encode(self, text: str) -> list[int]:
        """Return one label a character.

        Raises:
            UtteranceError: a character is not among the labels.
        """
        try:
            return [self._index[character] for character in text]
        except KeyError as error:
            raise UtteranceError(
                f"character {error.args[0]!r} of {text!r} is outside the vocabulary: "
                f"normalise the text (tokens.normaliser) or add it to tokens.labels"
            ) from None

    def decode(self, labels: Sequence[int]) -> str:
        """Return the text, with single spaces and none at its ends."""
        return " ".join("".join(self._labels[label] for label in labels).split())

    def words(self, labels: Sequence[int], text: str | None) -> list[WordLabels]:
        """Return what stands between spaces; the labels say it all, so ``text`` is not looked at."""
        characters = [self._labels[label] for label in labels]
        spaces = [character.isspace() for character in characters]
        return split_at_starts(["" if space else c for c, space in zip(characters, spaces, strict=True)], spaces)

    def spell(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        """Return each word's letters, without a space."""
        letters = {label for label in self._index if not label.isspace()}
        return [[tuple(self.encode(word))] if word and letters.issuperset(word) else [] for word in words]

    def save(self, folder: Path) -> dict[str, Any]:
        """Return nothing: the labels are all there is."""
        return {}

    @classmethod
    def load(cls, labels: Sequence[str], value: dict[str, Any], folder: Path) -> Self:
        """Return the characters of the labels."""
        return cls(labels)
