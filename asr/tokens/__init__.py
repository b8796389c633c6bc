"""Tokens: the labels that a model puts out, and how text becomes them and comes back.

Label 0 is CTC's blank, everywhere. A token is a character, a piece of a word, or a phone; what differs between these
kinds lies in one file each, behind `asr.tokens.spelling.Spelling`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from asr.errors import ConfigError, RunError
from asr.files import write_atomically
from asr.pronunciation.dictionary import cmu_dictionary, read_dictionary
from asr.pronunciation.pronouncer import Pronouncer
from asr.text import Normaliser, get_normaliser
from asr.tokens.characters import Characters
from asr.tokens.phones import Phones
from asr.tokens.pieces import Pieces
from asr.tokens.spelling import BLANK, BLANK_LABEL, Spelling, WordLabels
from asr.tokens.spellings import StoredSpellings

if TYPE_CHECKING:  # pydantic takes a tenth of a second, which who decodes need not wait for
    from asr.config import TokenConfig

__all__ = ["BLANK", "BLANK_LABEL", "Tokens", "WordLabels"]

_KINDS: dict[str, type[Characters] | type[Pieces] | type[Phones]] = {
    kind.kind: kind for kind in (Characters, Pieces, Phones)
}


class Tokens:
    """Labels in order, blank first.

    Attributes:
        labels: one string a class, blank first.
        kind: ``"characters"``, ``"bpe"`` or ``"phones"``.
        normaliser: applied to text before it becomes tokens.

    >>> tokens = Tokens(["<blank>", " ", "A", "B"])
    >>> tokens.encode("AB  BA")
    [2, 3, 1, 3, 2]
    >>> tokens.decode([2, 3, 1, 3, 2])
    'AB BA'
    """

    def __init__(self, labels: Sequence[str], normaliser: str = "none", *, spelling: Spelling | None = None) -> None:
        """Check and keep the labels.

        Args:
            labels: one string a class, ``"<blank>"`` first, no two alike.
            normaliser: name of the `asr.text` normaliser applied to text before it becomes tokens.
            spelling: how labels make words; None: each other label is one character.

        Raises:
            ConfigError: the labels are not such a list.
        """
        if not labels or labels[0] != BLANK_LABEL:
            raise ConfigError(f"labels start with {list(labels[:1])}: the first must be {BLANK_LABEL!r}")
        if len(set(labels)) != len(labels):
            twice = next(label for label in labels if list(labels).count(label) > 1)
            raise ConfigError(f"label {twice!r} appears twice: give each once")
        self.labels = tuple(labels)
        self.normaliser: Normaliser = get_normaliser(normaliser)
        self._spelling: Spelling = spelling or Characters(labels)

    def __len__(self) -> int:
        """Return the number of classes, blank included."""
        return len(self.labels)

    @property
    def kind(self) -> str:
        """What a label is: ``"characters"``, ``"bpe"`` or ``"phones"``."""
        return self._spelling.kind

    @property
    def guessed(self) -> Mapping[str, Sequence[str]]:
        """Words that were pronounced by guess so far, with their phones; empty for other kinds than phones."""
        return self._spelling.guessed

    @property
    def stored_spellings(self) -> StoredSpellings | None:
        """Spellings of many words that lie beside the tokens; None: there are none."""
        return self._spelling.stored

    def store_spellings(self, words: Sequence[str], first: int, shared: Path | None = None) -> None:
        """Work out how words are spelled and keep it for `save`; nothing is done where that takes no time.

        Words that normalising changes would not be found again: with one of them, nothing is stored.

        Args:
            words: in order of their bytes from ``first`` on.
            first: those before it are not spelled.
            shared: file for them, which `save` names by the way from its folder; written now, unless it is there.
                With other spellings in it, or None, they lie beside the tokens.
        """
        if all(self.normaliser(word) == word for word in words[first:]):
            self._spelling.store(words, first, shared)

    @classmethod
    def from_texts(cls, texts: Iterable[str], normaliser: str = "none") -> Self:
        """Return the tokens of every character in ``texts``, in code point order."""
        normalise = get_normaliser(normaliser)
        characters = set().union(*(set(normalise(text)) for text in texts))
        return cls([BLANK_LABEL, *sorted(characters)], normaliser)

    @classmethod
    def from_config(cls, config: "TokenConfig", texts: Iterable[str], *, exactly: bool = True) -> Self:
        """Return the tokens that a configuration asks for.

        Args:
            config: with an absolute path to the dictionary, if any.
            texts: the training text, as the corpus spells it.
            exactly: else fewer pieces will do, when the text does not give ``config.pieces``.

        Raises:
            ConfigError: the text does not give such tokens, or a dictionary is not there.
        """
        normalise = get_normaliser(config.normaliser)
        if config.kind == "bpe":
            pieces = Pieces.train((normalise(text) for text in texts), config.pieces, exactly=exactly)
            return cls(pieces.labels, config.normaliser, spelling=pieces)
        if config.kind == "phones":
            path, stress = config.dictionary, config.stress
            dictionary = read_dictionary(Path(path), stress=stress) if path else cmu_dictionary(stress=stress)
            phones = Phones(Pronouncer(dictionary, dictionary.phones, guesses=config.guess))
            phones.spell(sorted({word for text in texts for word in normalise(text).split()}))
            return cls(phones.labels, config.normaliser, spelling=phones)
        if config.labels:
            return cls([BLANK_LABEL, *config.labels], config.normaliser)
        return cls.from_texts(texts, config.normaliser)

    def encode(self, text: str) -> list[int]:
        """Return the token indices of a text, none of them blank; phones are those of each first pronunciation.

        Raises:
            UtteranceError: the labels cannot spell it; what is in the way is named.
        """
        return self._spelling.encode(self.normaliser(text))

    def decode(self, indices: Iterable[int]) -> str:
        """Return the text of token indices, with single spaces and none at its ends; of phones, the phones."""
        return self._spelling.decode(list(indices))

    def words(self, indices: Sequence[int], text: str | None = None) -> list[WordLabels]:
        """Return each word with the positions of its first and last token.

        Args:
            indices: the tokens of an utterance, without blanks.
            text: what they say, where it is known. Phones cannot be told apart into words without it: then each
                counts for one. Other kinds do not need it.

        Raises:
            UtteranceError: the phones are no pronunciation of ``text``.

        >>> Tokens(["<blank>", " ", "A", "B"]).words([2, 3, 1, 3])
        [WordLabels(word='AB', first=0, last=1), WordLabels(word='B', first=3, last=3)]
        """
        return self._spelling.words(indices, text if text is None else self.normaliser(text))

    def spell(self, word: str) -> list[tuple[int, ...]]:
        """Return each token sequence that stands for one word: its letters, its pieces, or all its pronunciations.

        The list is empty when the labels cannot spell the word, or normalising leaves other than one word of it.

        >>> Tokens(["<blank>", " ", "A", "B"]).spell("AB")
        [(2, 3)]
        """
        return self.spell_all([word])[0]

    def spell_all(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        """Return what `spell` returns for each word; where pronunciations are guessed, much quicker than one by one."""
        return self._spelling.spell([self.normaliser(word) for word in words])

    def save(self, path: Path) -> None:
        """Write ``tokens.json``, and beside it what is too large for it."""
        value = {
            "kind": self.kind,
            "labels": list(self.labels),
            "normaliser": {"name": self.normaliser.name, "version": self.normaliser.version},
            **self._spelling.save(path.parent),
        }
        write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read ``tokens.json``.

        Raises:
            RunError: the file is missing, broken, or was written for another version of its normaliser.
        """
        path = Path(path)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            kind = _KINDS[value.get("kind", Characters.kind)]
            spelling = kind.load(value["labels"], value, path.parent)
            tokens = cls(value["labels"], value["normaliser"]["name"], spelling=spelling)
            version = value["normaliser"]["version"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
            raise RunError(f"{path}: not a token file ({error}): restore the run folder or train again") from error
        if version != tokens.normaliser.version:
            raise RunError(
                f"{path}: made with version {version} of normaliser {tokens.normaliser.name!r}, this program has "
                f"version {tokens.normaliser.version}: use the release that trained the run, or train again"
            )
        return tokens
