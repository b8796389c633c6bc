"""Numbers and lists of names as a sentence has them."""

from collections.abc import Sequence

_MAX_NAMED = 5


def counted(number: int, noun: str) -> str:
    """Return a number with a noun that has its plural in -s.

    >>> counted(1, "recording"), counted(0, "recording")
    ('1 recording', '0 recordings')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], limit: int = _MAX_NAMED) -> str:
    """Return the first names, and how many more there are.

    >>> listed(["a", "b", "c"], limit=2), listed(["a"])
    ('a, b and 1 more', 'a')
    """
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
