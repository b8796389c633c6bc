"""Which words there are, and how a model's tokens spell them.

A lexicon is a list of words, spelled as their text is, or a pronunciation dictionary (``WORD  P1 P2 ...``, several
lines for several ways). The search needs spellings as numbers: `TokenUnits` says what each token adds to a word.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from asr.decoding.single_text import refuse_single_text
from asr.errors import ConfigError
from asr.pronunciation.dictionary import split_entry, unstressed
from asr.tokens import BLANK, Tokens
from asr.tokens.spellings import StoredSpellings

_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"


@dataclass(frozen=True)
class SpelledWords:
    """R spellings of W words.

    Attributes:
        texts: [W] the words.
        units: int32, the units of all spellings in a row.
        offsets: [R + 1] int64 into ``units``.
        word_of_row: [R] int32, the word that each spells.
    """

    texts: Sequence[str]
    units: np.ndarray
    offsets: np.ndarray
    word_of_row: np.ndarray

    @property
    def num_words(self) -> int:
        """W, with words that have no spelling."""
        return len(self.texts)

    def unspelled(self) -> list[str]:
        """Return the words that have no spelling; what has no text is no word."""
        has = np.zeros(self.num_words, bool)
        has[self.word_of_row] = True
        return [text for word in np.flatnonzero(~has).tolist() if (text := self.texts[word])]

    def spellings(self, word: int) -> list[np.ndarray]:
        """Return each spelling of a word."""
        rows = np.flatnonzero(self.word_of_row == word)
        return [self.units[self.offsets[row] : self.offsets[row + 1]] for row in rows]


@dataclass(frozen=True)
class TokenUnits:
    """What each of V tokens adds to the word that it stands in; the attributes are those of `search_graph.Graph`.

    Attributes:
        separators: classes that stand between words and add nothing to them; the first is ``separator``.
        unit_of: unit by text: of a character, or of a token's label.
        by_label: units are the tokens themselves, and a word's text does not tell its spelling.
    """

    starts_word: np.ndarray
    unit_first: np.ndarray
    units: np.ndarray
    separators: tuple[int, ...]
    single: bool
    unit_of: Mapping[str, int]
    by_label: bool

    @property
    def separator(self) -> int:
        """The class that stands for all separators; -1 where there is none."""
        return self.separators[0] if self.separators else -1

    @classmethod
    def of(cls, tokens: Tokens, *, by_label: bool = False) -> "TokenUnits":
        """Return the units of a model's tokens.

        Args:
            tokens: the model's.
            by_label: words are spelled by labels, not by the characters of their text.

        Raises:
            ConfigError: a piece has a space inside.
        """
        if tokens.kind == "bpe" and not by_label:
            return _pieces(tokens)
        labels = range(len(tokens))
        separators = [c for c in labels if c != BLANK and tokens.kind == "characters" and tokens.labels[c].isspace()]
        adds = np.array([c != BLANK and c not in separators for c in labels])
        starts_word = np.isin(labels, separators)
        if tokens.kind == "phones" and not by_label:
            starts_word = adds  # `Tokens.decode` puts a space between any two
        return cls(
            starts_word=starts_word.astype(np.uint8),
            unit_first=np.append(0, np.cumsum(adds)).astype(np.int32),
            units=np.flatnonzero(adds).astype(np.int32),
            separators=tuple(separators),
            single=True,
            unit_of={tokens.labels[c]: c for c in labels if adds[c]},
            by_label=tokens.kind != "characters",
        )

    def spell_texts(self, words: Sequence[str]) -> SpelledWords:
        """Return words spelled as their text is; those that the units cannot spell have no spelling."""
        if self.by_label:
            rows = [(number, [self.unit_of[word]]) for number, word in enumerate(words) if word in self.unit_of]
            return _spelled(words, rows)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
        known = np.array(sorted(map(ord, self.unit_of)), np.uint32)
        place = np.minimum(np.searchsorted(known, points), max(0, len(known) - 1))
        fits = known[place] == points if len(known) else np.zeros(len(points), bool)
        misses = np.add.reduceat(np.append(~fits, False).astype(np.int64), _starts(lengths)) if len(words) else lengths
        good = (lengths > 0) & (np.where(lengths > 0, misses, 1) == 0)
        unit = np.array([self.unit_of[chr(point)] for point in known], np.int32)
        units = unit[place[np.repeat(good, lengths)]] if len(known) else np.zeros(0, np.int32)
        return SpelledWords(words, units, np.append(0, np.cumsum(lengths[good])), np.flatnonzero(good).astype(np.int32))


class Lexicon:
    """Words, each with the ways in which labels spell it.

    >>> Lexicon(["yes", "no"]).words
    ('yes', 'no')
    """

    def __init__(self, words: Iterable[str] | Mapping[str, Iterable[Sequence[str]]], source: str = "lexicon") -> None:
        """Keep the words.

        Args:
            words: words, spelled as their text is; or for each its spellings, sequences of labels, where an empty
                sequence stands for the text's own.
            source: what errors call the lexicon.

        Raises:
            ConfigError: a text is given for words, for spellings, or for labels.
        """
        given = (
            words if isinstance(words, Mapping) else dict.fromkeys(refuse_single_text(words, f"{source}: words"), ((),))
        )
        self.entries = {word: _checked_ways(ways, f"{source}: {word}") for word, ways in given.items()}
        self.source = source

    @property
    def words(self) -> tuple[str, ...]:
        """All words, each once."""
        return tuple(self.entries)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Lexicon":
        """Read a lexicon: a line a word, or a line ``WORD  P1 P2 ...`` a way to spell it with labels.

        ``WORD(2)`` is ``WORD``; comments are those of `asr.pronunciation.dictionary`.

        Raises:
            ConfigError: the file cannot be read, or has no word.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigError(f"{path}: {reason}: name a lexicon, a word a line") from error
        entries: dict[str, list[tuple[str, ...]]] = {}
        for line in lines:
            word, labels = split_entry(line)
            if word:
                entries.setdefault(word, []).append(tuple(labels))
        if not entries:
            raise ConfigError(f"{path}: no word: give a word a line")
        return cls(entries, str(path))

    @cached_property
    def _has_labels(self) -> bool:
        return any(way for ways in self.entries.values() for way in ways)

    def is_spelled_by_labels(self, tokens: Tokens) -> bool:
        """Return whether the text of a word does not say how ``tokens`` spell it."""
        return self._has_labels or tokens.kind == "phones"

    def spelled(self, tokens: Tokens, units: TokenUnits) -> SpelledWords:
        """Return all spellings that the tokens have; words that they cannot spell are left out.

        Raises:
            ConfigError: they can spell none.
        """
        found = self._by_labels(tokens) if self.is_spelled_by_labels(tokens) else units.spell_texts(self.words)
        if not len(found.word_of_row):
            raise ConfigError(
                f"{self.source}: the model's tokens can spell none of its words: is it in upper or lower case as they?"
            )
        return found

    def _by_labels(self, tokens: Tokens) -> SpelledWords:
        index = {label: number for number, label in enumerate(tokens.labels) if number != BLANK}
        as_text = [word for word, ways in self.entries.items() if not all(ways)]
        spelled = dict(zip(as_text, tokens.spell_all(as_text), strict=True))
        rows: list[tuple[int, Sequence[int]]] = []
        for number, (word, ways) in enumerate(self.entries.items()):
            several = [one for way in ways for one in (_indices(way, index) if way else spelled[word])]
            rows += [(number, one) for one in dict.fromkeys(map(tuple, several)) if one]
        return _spelled(self.words, rows)


@dataclass(frozen=True)
class StoredWords:
    """A lexicon whose spellings lie beside a model's tokens.

    Attributes:
        texts: the words; what has no text is no word.
        stored: their spellings.
    """

    texts: Sequence[str]
    stored: StoredSpellings

    @property
    def words(self) -> tuple[str, ...]:
        """All words, each once."""
        return tuple(filter(None, self.texts))

    @property
    def entries(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The words as a `Lexicon` of them has them: each spelled as its text is."""
        return dict.fromkeys(self.words, ((),))

    def is_spelled_by_labels(self, tokens: Tokens) -> bool:
        """Return whether the text of a word does not say how ``tokens`` spell it: they are theirs."""
        return True

    def spelled(self, tokens: Tokens, units: TokenUnits) -> SpelledWords:
        """Return all spellings."""
        stored = self.stored
        return SpelledWords(self.texts, stored.labels.astype(np.int32), stored.offsets, stored.word_of_row)


def _checked_ways(ways: Iterable[Sequence[str]], where: str) -> tuple[tuple[str, ...], ...]:
    every = (
        tuple(refuse_single_text(way, f"{where}: labels")) for way in refuse_single_text(ways, f"{where}: spellings")
    )
    return tuple(dict.fromkeys(every))


def _indices(labels: Sequence[str], index: Mapping[str, int]) -> list[tuple[int, ...]]:
    """Return the spelling as classes, or nothing; a phone's stress may be one that the model does not know."""
    names = [label if label in index else unstressed(label) for label in labels]
    return [tuple(index[name] for name in names)] if all(name in index for name in names) else []


def _spelled(words: Sequence[str], rows: Sequence[tuple[int, Sequence[int]]]) -> SpelledWords:
    offsets = np.cumsum([0, *(len(units) for _, units in rows)])
    units = np.array([unit for _, units in rows for unit in units], np.int32)
    return SpelledWords(words, units, offsets.astype(np.int64), np.array([number for number, _ in rows], np.int32))


def _pieces(tokens: Tokens) -> TokenUnits:
    """Return the units of pieces of words: the characters after the mark of a word's start."""
    texts = ["", *tokens.labels[1:]]
    starts_word = np.array([text.startswith(_WORD_START) for text in texts])
    texts = [text.removeprefix(_WORD_START) for text in texts]
    if odd := [text for text in texts if _WORD_START in text or any(map(str.isspace, text))]:
        raise ConfigError(f"piece {odd[0]!r} has a space inside: the search knows pieces of one word only")
    characters = sorted(set("".join(texts)))
    unit_of = {character: number for number, character in enumerate(characters)}
    return TokenUnits(
        starts_word=starts_word.astype(np.uint8),
        unit_first=np.cumsum([0, *map(len, texts)]).astype(np.int32),
        units=np.array([unit_of[character] for text in texts for character in text], np.int32),
        separators=tuple(c for c, text in enumerate(texts) if starts_word[c] and not text),
        single=False,
        unit_of=unit_of,
        by_label=False,
    )


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return where each run starts, for `np.add.reduceat`."""
    return np.append(0, np.cumsum(lengths)[:-1])
