"""A check for what Python lets pass: a text is a sequence of texts, its letters."""

from typing import TypeVar

from asr.errors import ConfigError

T = TypeVar("T")


def refuse_single_text(items: T, what: str) -> T:
    """Return what was given for several items.

    Raises:
        ConfigError: it is one text.

    >>> refuse_single_text(["AB"], "hotwords")
    ['AB']
    """
    if isinstance(items, str | bytes):
        raise ConfigError(f"{what} = {items!r}: one text, whose letters are not meant: give a list, as [{items!r}]")
    return items
