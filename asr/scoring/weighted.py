"""Alignment as NIST's sclite makes it: a substitution weighs 4, an insertion or deletion 3.

So a deletion beside an insertion (6) is dearer than a substitution (4), but two of each (12) are no dearer than three
substitutions (12). The path with least weight need not be the one with fewest errors: totals are jiwer's or higher.
Among paths of equal weight we choose as sclite does: from the end, a pair before a gap, an insertion before a deletion.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

AlignedWord: TypeAlias = tuple[str | None, str | None]  # (reference, hypothesis); None where there is no partner
SUBSTITUTION, GAP = 4, 3
_PAIR, _DELETION, _INSERTION = 0, 1, 2


def align_weighted(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[AlignedWord, ...]:
    """Return the aligned words of two word sequences, each of which may be empty.

    >>> align_weighted("a b".split(), "b c".split())
    (('a', None), ('b', 'b'), (None, 'c'))
    """
    moves = _best_moves(*_as_numbers(reference, hypothesis))
    i, j = len(reference), len(hypothesis)
    aligned: list[AlignedWord] = []
    while i or j:
        move = int(moves[i, j])
        i, j = i - int(move != _INSERTION), j - int(move != _DELETION)
        aligned.append((None if move == _INSERTION else reference[i], None if move == _DELETION else hypothesis[j]))
    return tuple(reversed(aligned))


def _as_numbers(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Words as numbers that are equal where the words are."""
    number = {word: place for place, word in enumerate(dict.fromkeys([*reference, *hypothesis]))}
    return np.array([number[word] for word in reference], np.int32), np.array([number[word] for word in hypothesis])


def _best_moves(reference: np.ndarray, hypothesis: np.ndarray) -> np.ndarray:
    """The last move of the best path to each place, [R + 1, H + 1] int8.

    A row follows from the one above at once: its insertions only carry the least weight so far to the right.
    """
    gaps = GAP * np.arange(len(hypothesis) + 1, dtype=np.int32)
    moves = np.full((len(reference) + 1, len(hypothesis) + 1), _INSERTION, np.int8)
    moves[1:, 0] = _DELETION
    weights = gaps
    for i, word in enumerate(reference, start=1):
        pairs = weights[:-1] + np.where(hypothesis == word, 0, SUBSTITUTION).astype(np.int32)
        deletions = weights + GAP
        from_above = deletions.copy()
        np.minimum(from_above[1:], pairs, out=from_above[1:])
        weights = np.minimum.accumulate(from_above - gaps) + gaps
        insertions = weights[:-1] + GAP
        row = moves[i, 1:]
        row[deletions[1:] < insertions] = _DELETION
        row[pairs <= np.minimum(deletions[1:], insertions)] = _PAIR
    return moves
