"""How an alignment stands in a page's data: its edits as a text, and the words that the reference does not have."""

from collections.abc import Sequence
from typing import Any

from asr.scoring.counts import AlignedWord

_EDITS = {(True, True): "S", (True, False): "D", (False, True): "I"}


def edits_of(words: Sequence[AlignedWord]) -> dict[str, Any]:
    """Return an alignment in short; the page has the reference, and makes the hypothesis of it.

    >>> edits_of([("IT", "IT"), ("WAS", "IS"), (None, "SO")])
    {'edits': '=SI', 'words': ['IS', 'SO']}
    >>> edits_of([("IT", "IT")])
    {}
    """
    edits = "".join("=" if said == heard else _EDITS[said is not None, heard is not None] for said, heard in words)
    if not edits.strip("="):
        return {}
    other = [heard for said, heard in words if heard is not None and said != heard]
    return {"edits": edits} | ({"words": other} if other else {})


def reference_of(words: Sequence[AlignedWord]) -> str:
    """Return the words of the reference, a space between two: what `edits_of` counts along."""
    return " ".join(said for said, _ in words if said is not None)
