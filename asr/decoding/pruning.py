"""Making n-gram models smaller: what n-grams to leave out, and back-offs that make the rest sum to one.

Source: Stolcke, "Entropy-based Pruning of Backoff Language Models" (1998). One thing differs: the probability of a
history is its share of the training text and not what the model gives it. Kneser-Ney's shorter n-grams are no estimate
of how often a history occurs, and pruning by them costs more (Chelba et al., "Study on Interaction between Entropy
Pruning and Kneser-Ney Smoothing", 2010).
"""

from itertools import pairwise

import numpy as np

from asr.compiled import njit
from asr.decoding.compile_lm import link_suffixes
from asr.decoding.kneser_ney import Estimate
from asr.decoding.ngram import EMPTY_CONTEXT, NgramArrays, level_starts, ngram_score
from asr.decoding.ngram_counts import NgramCounts


def prune(counts: NgramCounts, model: Estimate, threshold: float) -> np.ndarray:
    """Return which n-grams to keep [N] bool.

    Args:
        counts: of the training text.
        model: estimated from them.
        threshold: an n-gram goes when the model's perplexity on its own training text rises by less than this fraction
            without it; one that is the context of an n-gram which stays, stays. 0 only applies the cut-offs.
    """
    keep = model.keep.copy()
    starts = counts.starts
    for level in range(len(starts) - 3, 0, -1):  # contexts of the longest n-grams first
        _prune_level(
            counts.trie, model.log_prob, model.backoff, model.suffix, threshold, starts[level], starts[level + 1], keep
        )
    return keep


@njit(cache=True, nogil=True)
def _prune_level(trie, log_prob, backoff, suffix, threshold, start, end, keep):
    """Decide about the children of nodes ``start`` to ``end`` - 1; about theirs, it is decided."""
    for context in range(start, end):
        history_prob = trie.count[context] / trie.count[EMPTY_CONTEXT]
        first, last = trie.first_child[context], trie.first_child[context + 1]
        left = left_shorter = 1.0  # probability of all words that are not listed here, in this model and the shorter
        for node in range(first, last):
            if keep[node]:
                left -= np.exp(log_prob[node])
                left_shorter -= np.exp(log_prob[suffix[node]])
        if left <= 0 or left_shorter <= 0:  # all words are listed
            continue
        for node in range(first, last):
            is_context = node < len(backoff) and keep[trie.first_child[node] : trie.first_child[node + 1]].any()
            if keep[node] and not is_context:
                shorter = log_prob[suffix[node]]
                new_backoff = np.log((left + np.exp(log_prob[node])) / (left_shorter + np.exp(shorter)))
                change = np.exp(log_prob[node]) * (shorter + new_backoff - log_prob[node])
                change += left * (new_backoff - np.log(left / left_shorter))
                keep[node] = np.expm1(-history_prob * change) >= threshold


def select(counts: NgramCounts, model: Estimate, keep: np.ndarray, *, normalise: bool = True) -> NgramArrays:
    """Return the model of those n-grams that ``keep`` [N] names.

    Args:
        counts: of the training text.
        model: estimated from them.
        keep: [N] bool, as `prune` gives.
        normalise: give each context the back-off with which it sums to one; after cut-offs alone it already does.
    """
    trie, num_inner = counts.trie, len(model.backoff)
    new_index = np.concatenate([[0], np.cumsum(keep)])
    inner = np.flatnonzero(keep[:num_inner])
    arrays = NgramArrays(
        first_child=new_index[trie.first_child[np.append(inner, num_inner)]].astype(np.int32),
        word=trie.word[keep],
        log_prob=model.log_prob[keep],
        backoff=model.backoff[inner],
        suffix=np.zeros(new_index[-1], np.int32),
    )
    arrays.backoff[np.diff(arrays.first_child) == 0] = 0
    for start, end in pairwise(level_starts(arrays)[1:-1]):
        link_suffixes(arrays, start, end)
        if normalise:
            _normalise(arrays, start, end)
    return arrays


@njit(cache=True, nogil=True)
def _normalise(arrays, start, end):
    """Set the back-off of nodes ``start`` to ``end`` - 1, one order's, so that each sums to one; shorter ones do."""
    for context in range(start, end):
        left = left_shorter = 1.0
        for node in range(arrays.first_child[context], arrays.first_child[context + 1]):
            left -= np.exp(arrays.log_prob[node])
            left_shorter -= np.exp(ngram_score(arrays, arrays.suffix[context], arrays.word[node])[0])
        if left > 0 and left_shorter > 0:  # else all words are listed, and the back-off is never paid
            arrays.backoff[context] = np.log(left / left_shorter)
