"""Interpolated modified Kneser-Ney estimation of n-gram probabilities.

Source: Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (Computer Speech and
Language, 1999), section 3; cut-offs as in Heafield et al., "Scalable Modified Kneser-Ney Language Model Estimation"
(2013): what is cut off is counted in every statistic, and its mass goes to the back-off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.compiled import njit
from asr.decoding.arpa import LOG_10, START_LOG10
from asr.decoding.ngram import EMPTY_CONTEXT, START, find_child
from asr.decoding.ngram_counts import NgramCounts, Trie

START_LOG_PROB = START_LOG10 * LOG_10  # <s> is never predicted
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # KenLM's --discount_fallback


@dataclass(frozen=True, slots=True)
class Estimate:
    """A model over all n-grams of `NgramCounts`, cut off or not.

    Attributes:
        log_prob: [N] float32, of the interpolated model.
        backoff: [I] float32, log of what a context leaves to shorter ones.
        suffix: [N] int32, node of the n-gram without its first word.
        keep: [N] bool, false for what the cut-offs remove.
        discounts: of each order: what is taken from counts of 1, 2, and 3 or more.
        fell_back: orders whose counts of counts gave no discounts, so that they have `FALLBACK_DISCOUNTS`.
    """

    log_prob: np.ndarray
    backoff: np.ndarray
    suffix: np.ndarray
    keep: np.ndarray
    discounts: list[tuple[float, float, float]]
    fell_back: list[int]


def estimate(counts: NgramCounts, folder: Path, cutoffs: Sequence[int] = ()) -> Estimate:
    """Estimate a model.

    Args:
        counts: of the training text.
        folder: for tables as long as there are n-grams; they live as long as it does.
        cutoffs: for each order, n-grams with this count or less are left out; they must not fall from one order to the
            next; the last is that of longer orders too, none means 0. Words stay: the vocabulary leaves them out.
    """
    trie, starts = counts.trie, counts.starts
    num_nodes, num_inner = len(trie.word), len(trie.first_child) - 1
    adjusted = _table(folder, "adjusted", num_nodes, np.int64)
    suffix = _table(folder, "suffix", num_nodes, np.int32)
    log_prob = _table(folder, "log_prob", num_nodes, np.float32)
    backoff = _table(folder, "backoff", num_inner, np.float32)
    keep = np.ones(num_nodes, bool)
    order = len(starts) - 2
    for level in range(1, order):
        _continuations(trie, starts[level], starts[level + 1], suffix, adjusted)
    _take_counts(trie, starts, adjusted)
    discounts, fell_back = [], []
    for level in range(1, order + 1):
        found = find_discounts(_counts_of_counts(adjusted, starts[level], starts[level + 1]))
        if found is None:
            fell_back.append(level)
        discounts.append(found or FALLBACK_DISCOUNTS)
        cutoff = cutoffs[min(level, len(cutoffs)) - 1] if cutoffs else 0
        amounts = np.array((0.0, *discounts[-1]))
        _interpolate(trie, adjusted, suffix, amounts, cutoff, starts[level - 1], starts[level], log_prob, backoff, keep)
    return Estimate(log_prob, backoff, suffix, keep, discounts, fell_back)


def find_discounts(counts_of_counts: Sequence[int]) -> tuple[float, float, float] | None:
    """Return the discounts of counts of 1, 2, and 3 or more.

    Args:
        counts_of_counts: how many n-grams have a count of 1, 2, 3 and 4.

    Returns:
        Each above 0 and up to its count; None where the counts of counts give no such discounts.
    """
    if min(counts_of_counts) == 0:
        return None
    n1, n2, n3, n4 = counts_of_counts
    y = n1 / (n1 + 2 * n2)
    discounts = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return discounts if min(discounts) > 0 else None


def _table(folder: Path, name: str, length: int, dtype: type[np.generic]) -> np.ndarray:
    # numba has no type for memmap: the same memory as a plain array
    return np.asarray(np.memmap(folder / f"kneser-ney-{name}", dtype, "w+", shape=(length,)))


def _take_counts(trie: Trie, starts: list[int], adjusted: np.ndarray) -> None:
    """Set the adjusted count of what no word can precede to how often it occurs: the longest n-grams, and from <s>."""
    adjusted[starts[-2] :] = trie.count[starts[-2] :]
    first, end = 1 + START, 2 + START
    for _ in starts[1:-2]:
        adjusted[first:end] = trie.count[first:end]
        first, end = trie.first_child[first], trie.first_child[end]
    adjusted[1 + START] = 0  # never predicted


def _counts_of_counts(adjusted: np.ndarray, start: int, end: int) -> list[int]:
    return np.bincount(np.minimum(adjusted[start:end], 5), minlength=6)[1:5].tolist()


@njit(cache=True, nogil=True)
def _continuations(trie, start, end, suffix, adjusted):
    """For all children of nodes ``start`` to ``end`` - 1: find their suffix, and count them as a word before it."""
    for context in range(start, end):
        for node in range(trie.first_child[context], trie.first_child[context + 1]):
            shorter = find_child(trie, np.int64(suffix[context]), trie.word[node])
            suffix[node] = shorter
            adjusted[shorter] += 1


@njit(cache=True, nogil=True)
def _interpolate(trie, adjusted, suffix, discounts, cutoff, start, end, log_prob, backoff, keep):
    """Set what children of nodes ``start`` to ``end`` - 1 have of probability, and those nodes' back-off."""
    for context in range(start, end):
        first, last = trie.first_child[context], trie.first_child[context + 1]
        total = left = 0.0
        for node in range(first, last):
            total += adjusted[node]
            keep[node] = context == EMPTY_CONTEXT or trie.count[node] > cutoff
            left += discounts[min(adjusted[node], 3)] if keep[node] else adjusted[node]
        if total == 0:
            continue
        backoff[context] = np.log(left / total)
        for node in range(first, last):
            count = adjusted[node]
            # Of no context, what is left is shared by all words but <s>, unknown ones among them.
            lower = 1 / (last - first - 1) if context == EMPTY_CONTEXT else np.exp(log_prob[suffix[node]])
            log_prob[node] = np.log((count - discounts[min(count, 3)]) / total + left / total * lower)
    if start == EMPTY_CONTEXT:
        log_prob[1 + START] = START_LOG_PROB
        backoff[EMPTY_CONTEXT] = 0
