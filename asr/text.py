"""Named, versioned ways to normalise text, used by tokens and by scorers alike.

A normaliser is a pure function of one string. Whoever stores or reports a result stores the normaliser's name and
version with it, for a rate means nothing without them. A change of behaviour is a new version.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from asr.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Normaliser:
    """A way to normalise text, with the name and version that reports carry."""

    name: str
    version: int
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


_NORMALISERS = {
    normaliser.name: normaliser
    for normaliser in (
        Normaliser("none", 1, single_spaces),  # words are compared as they are spelled
        Normaliser("upper", 1, _upper),  # LibriSpeech's and AN4's spelling
        Normaliser("basic", 1, _basic),  # case and punctuation do not count; apostrophes do
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
