"""N-grams over whole numbers, counted and smoothed as arrays: the model behind guessed pronunciations.

Each n-gram is a number; a longer one is found by the number of all but its last symbol, and that symbol.
Source: interpolated Kneser-Ney smoothing as in Chen & Goodman, "An Empirical Study of Smoothing Techniques for Language
Modeling" (1999), section 2.7, with one constant discount.
"""

from dataclasses import dataclass

import numpy as np

START, END = 0, 1  # symbols before and after each sequence
UNSEEN = -1
_DISCOUNT = 0.8


@dataclass(frozen=True)
class Grams:
    """The n-grams of one length n.

    Attributes:
        keys: sorted; number of the first n - 1 symbols as an n-gram, times the number of symbols, plus the last symbol.
        log_probs: of the last symbol after the others, natural.
        backoffs: log of what is left for symbols never seen after this n-gram; 0 for the longest.
    """

    keys: np.ndarray
    log_probs: np.ndarray
    backoffs: np.ndarray

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return the number of each n-gram, or `UNSEEN`."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, UNSEEN)


@dataclass(frozen=True)
class _Counts:
    """What was counted of the n-grams of one length; those that end in `START` count nothing."""

    keys: np.ndarray
    suffixes: np.ndarray
    counts: np.ndarray
    at_start: np.ndarray  # whether the first symbol is START


def count_grams(stream: np.ndarray, places: np.ndarray, num_symbols: int, order: int) -> list[Grams]:
    """Return the smoothed n-grams of each length from 1 to ``order``.

    Args:
        stream: [N] symbols of one sequence after the other; each starts with ``order - 1`` times `START`.
        places: [N] position of each in its sequence.
        num_symbols: symbols are below this.
        order: longest n-gram.
    """
    numbers = np.zeros(len(stream), np.int64)  # of the n-gram that ends there
    found: list[_Counts] = []
    for length in range(1, order + 1):
        ends = np.flatnonzero(places >= length - 1)
        history = numbers[ends - 1] if length > 1 else np.zeros(len(ends), np.int64)
        keys, firsts, inverse, counts = np.unique(
            history * num_symbols + stream[ends], return_index=True, return_inverse=True, return_counts=True
        )
        first = ends[firsts]
        counts[stream[first] == START] = 0
        found.append(_Counts(keys, numbers[first], counts, stream[first - length + 1] == START))
        numbers = np.full(len(stream), UNSEEN)
        numbers[ends] = inverse
    return _smooth(found, num_symbols)


def _smooth(found: list[_Counts], num_symbols: int) -> list[Grams]:
    """Return n-grams with their probabilities, those of each length from those one shorter."""
    result: list[Grams] = []
    shorter = np.zeros(1)
    for length, grams in enumerate(found, 1):
        counts = grams.counts
        if length < len(found):  # how many symbols it was seen after; before a sequence's start there is none
            longer = found[length]
            before = np.bincount(longer.suffixes[longer.counts > 0], minlength=len(counts))
            counts = np.where(grams.at_start, counts, before)
        history = grams.keys // num_symbols
        totals = np.maximum(np.bincount(history, counts, minlength=len(shorter)), 1)
        discount = _DISCOUNT if length > 1 else 0.0
        left = discount * np.bincount(history, counts > 0, minlength=len(shorter)) / totals
        probs = np.maximum(counts - discount, 0.0) / totals[history] + left[history] * shorter[grams.suffixes]
        probs = np.where(counts > 0, probs, 0.0)
        with np.errstate(divide="ignore"):
            if result:
                result[-1].backoffs[:] = np.log(np.where(left > 0, left, 1.0))
            result.append(Grams(grams.keys, np.log(probs), np.zeros(len(probs))))
        shorter = probs
    return result
