"""A byte for a float: 256 values for each order of an n-gram model, each the mean of about as many floats.

So does Federico and Bertoldi, "How many bits are needed to store probabilities for phrase-based translation?" (2006).
Zero has a value of its own: a back-off of zero is no back-off.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

_NUM_VALUES = 256


def quantise(values: np.ndarray, levels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Quantise the orders above the first.

    Args:
        values: [n] float32, one a node; may end before the last level.
        levels: first node of each level, with the end of the last.

    Returns:
        Codes [n - levels[2]] uint8, and the tables of all those orders one after the other, [256 * (L - 2)] float32.
    """
    parts = [_quantise(values[start:end]) for start, end in pairwise(levels[2:])]
    codes = [codes for codes, _ in parts] + [np.empty(0, np.uint8)]
    tables = [table for _, table in parts] + [np.empty(0, np.float32)]
    return np.concatenate(codes), np.concatenate(tables)


def expand(first: np.ndarray, codes: np.ndarray, tables: np.ndarray, levels: Sequence[int]) -> np.ndarray:
    """Return values [n] float32 from the first order's, and codes and tables as `quantise` gives them."""
    values = np.empty(len(first) + len(codes), np.float32)
    values[: len(first)] = first
    for level, (start, end) in enumerate(pairwise(levels[2:])):
        table = tables[level * _NUM_VALUES : (level + 1) * _NUM_VALUES]
        of_level = codes[start - levels[2] : end - levels[2]]
        np.take(table, of_level, out=values[start : start + len(of_level)])
    return values


def _quantise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    table = np.zeros(_NUM_VALUES, np.float32)
    ordered = np.sort(values[values != 0])
    if not len(ordered):
        return np.zeros(len(values), np.uint8), table
    ends = np.linspace(0, len(ordered), _NUM_VALUES).astype(np.int64)  # 255 bins; those of few floats stay empty
    sums = np.concatenate([[0.0], np.cumsum(ordered, dtype=np.float64)])
    means = np.diff(sums[ends]) / np.maximum(np.diff(ends), 1)
    # An empty bin takes the value of its neighbour, so that the table is in order.
    table[1:] = np.where(np.diff(ends) > 0, means, ordered[np.minimum(ends[:-1], len(ordered) - 1)])
    between = (table[1:-1] + table[2:]) / 2
    codes = (1 + np.searchsorted(between, values)).astype(np.uint8)
    codes[values == 0] = 0
    return codes, table
