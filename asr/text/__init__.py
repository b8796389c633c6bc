"""Named, versioned ways to normalise text, used by tokens and by scorers alike.

A normaliser is a pure function of one string. Whoever stores or reports a result stores the normaliser's name and
version with it, for a rate means nothing without them. A change of behaviour is a new version.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asr.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Normaliser:
    """A way to normalise text, with the name and version that reports carry.

    Attributes:
        name: of ours, or of the file with a user's own rules.
        version: a number, of ours; of a file, the beginning of its SHA-256.
        apply: the function.
    """

    name: str
    version: int | str
    apply: Callable[[str], str]

    def __call__(self, text: str) -> str:
        """Return the normalised text."""
        return self.apply(text)


def single_spaces(text: str) -> str:
    r"""Return ``text`` with each run of white space as one space and none at its ends.

    >>> single_spaces("  a \t b ")
    'a b'
    """
    return " ".join(text.split())


def _upper(text: str) -> str:
    return single_spaces(text.upper())


def _basic(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return single_spaces(re.sub(r"[^\w\s']|_", " ", text))


def _english(text: str) -> str:
    from asr.text.english import normalise_english  # milliseconds of import that tokens need not pay

    return normalise_english(text)


_NORMALISERS = {
    normaliser.name: normaliser
    for normaliser in (
        Normaliser("none", 1, single_spaces),  # words are compared as they are spelled
        Normaliser("upper", 1, _upper),  # LibriSpeech's and AN4's spelling
        Normaliser("basic", 1, _basic),  # case and punctuation do not count; apostrophes do
        Normaliser("english", 1, _english),  # numbers, contractions, spelling and fillers do not count either
    )
}


def get_normaliser(name: str) -> Normaliser:
    """Return the normaliser called ``name``.

    Raises:
        ConfigError: there is none of that name.

    >>> get_normaliser("basic")("Don't -- stop, he said.")
    "don't stop he said"
    """
    try:
        return _NORMALISERS[name]
    except KeyError:
        raise ConfigError(f"normaliser {name!r} is unknown: choose one of {', '.join(_NORMALISERS)}") from None


def find_normaliser(name_or_path: str) -> Normaliser:
    """Return one of our normalisers, or that of a file of rules (`asr.text.table`).

    Raises:
        ConfigError: neither is there, or the file is not one of rules.
    """
    path = Path(name_or_path)
    if name_or_path in _NORMALISERS:
        return get_normaliser(name_or_path)
    if not path.is_file():
        known = ", ".join(_NORMALISERS)
        raise ConfigError(f"normaliser {name_or_path!r} is unknown: choose one of {known}, or a file of rules")
    from asr.text.table import parse_table

    try:
        content = path.read_bytes()
        table = parse_table(content.decode("utf-8-sig").split("\n"), name_or_path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a file of rules FROM => TO") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start}): convert the rules to UTF-8") from error
    before = get_normaliser(table.base)
    return Normaliser(
        path.name, hashlib.sha256(content).hexdigest()[:12], lambda text: " ".join(table.replace(before(text).split()))
    )
