"""Tokens: the labels that a model puts out, and how text becomes them and comes back.

Label 0 is CTC's blank, everywhere. So far a token is a character; a word is what stands between spaces.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from asr.errors import ConfigError, RunError, UtteranceError
from asr.files import write_atomically
from asr.text import Normaliser, get_normaliser

BLANK = 0
BLANK_LABEL = "<blank>"


class Tokens:
    """Labels in order, blank first.

    >>> tokens = Tokens(["<blank>", " ", "A", "B"])
    >>> tokens.encode("AB  BA")
    [2, 3, 1, 3, 2]
    >>> tokens.decode([2, 3, 1, 3, 2])
    'AB BA'
    """

    def __init__(self, labels: Sequence[str], normaliser: str = "none") -> None:
        """Check and keep the labels.

        Args:
            labels: one string a class, ``"<blank>"`` first, no two alike, each other one character.
            normaliser: name of the `asr.text` normaliser applied to text before it becomes tokens.

        Raises:
            ConfigError: the labels are not such a list.
        """
        if not labels or labels[0] != BLANK_LABEL:
            raise ConfigError(f"labels start with {list(labels[:1])}: the first must be {BLANK_LABEL!r}")
        if len(set(labels)) != len(labels):
            twice = next(label for label in labels if list(labels).count(label) > 1)
            raise ConfigError(f"label {twice!r} appears twice: give each once")
        if odd := [label for label in labels[1:] if len(label) != 1]:
            raise ConfigError(f"label {odd[0]!r} is not one character: character tokens are")
        self.labels = tuple(labels)
        self.normaliser: Normaliser = get_normaliser(normaliser)
        self._index = {label: index for index, label in enumerate(self.labels)}

    def __len__(self) -> int:
        """Return the number of classes, blank included."""
        return len(self.labels)

    @classmethod
    def from_texts(cls, texts: Iterable[str], normaliser: str = "none") -> "Tokens":
        """Return the tokens of every character in ``texts``, in code point order."""
        normalise = get_normaliser(normaliser)
        characters = set().union(*(set(normalise(text)) for text in texts))
        return cls([BLANK_LABEL, *sorted(characters)], normaliser)

    def encode(self, text: str) -> list[int]:
        """Return the token indices of a text, none of them blank.

        Raises:
            UtteranceError: a character is not among the labels.
        """
        normalised = self.normaliser(text)
        try:
            return [self._index[character] for character in normalised]
        except KeyError as error:
            raise UtteranceError(
                f"character {error.args[0]!r} of {normalised!r} is outside the vocabulary: "
                f"normalise the text (tokens.normaliser) or add it to tokens.labels"
            ) from None

    def decode(self, indices: Iterable[int]) -> str:
        """Return the text of token indices, with single spaces and none at its ends."""
        return " ".join("".join(self.labels[index] for index in indices).split())

    def save(self, path: Path) -> None:
        """Write ``tokens.json``."""
        value = {
            "kind": "characters",
            "labels": list(self.labels),
            "normaliser": {"name": self.normaliser.name, "version": self.normaliser.version},
        }
        write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        """Read ``tokens.json``.

        Raises:
            RunError: the file is missing, broken, or was written for another version of its normaliser.
        """
        try:
            value = json.loads(Path(path).read_text(encoding="utf-8"))
            tokens = cls(value["labels"], value["normaliser"]["name"])
            version = value["normaliser"]["version"]
        except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise RunError(f"{path}: not a token file ({error}): restore the run folder or train again") from error
        if version != tokens.normaliser.version:
            raise RunError(
                f"{path}: made with version {version} of normaliser {tokens.normaliser.name!r}, this program has "
                f"version {tokens.normaliser.version}: use the release that trained the run, or train again"
            )
        return tokens
