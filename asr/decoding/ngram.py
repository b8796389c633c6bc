"""The n-gram automaton: a trie of all n-grams in flat arrays, and the compiled query that the search asks it.

A state is a node of the trie: the longest context that can still change what follows. Nodes are laid out breadth first,
so that node 0 is the empty context and the unigram of word w is node 1 + w. Logarithms are natural.
Back-off as in Katz (1987) and the ARPA format; states kept short as in Heafield, "KenLM: Faster and Smaller Language
Model Queries" (2011).
"""

from typing import NamedTuple

import numpy as np

from asr.compiled import njit

UNKNOWN, START, END = 0, 1, 2
EMPTY_CONTEXT = 0


class NgramArrays(NamedTuple):
    """An n-gram model of N nodes, of which the first I are inner: the empty context and all orders but the highest.

    Attributes:
        first_child: [I + 1] int32; the children of node n are first_child[n] .. first_child[n + 1] - 1, sorted by word.
        word: [N] int32, the word that leads to the node from its parent; words are `UNKNOWN`, `START`, `END`, others.
        log_prob: [N] float32, log p(word | parent's context); 0 at the root.
        backoff: [I] float32, what a context costs when the word does not follow it; 0 where there is none.
        suffix: [N] int32, the longest shorter context, words dropped from its left, that is a state of its own: it has
            children or a back-off, or is the empty context.
    """

    first_child: np.ndarray
    word: np.ndarray
    log_prob: np.ndarray
    backoff: np.ndarray
    suffix: np.ndarray


@njit(cache=True, nogil=True)
def find_child(arrays, state, word):
    """Return the node that ``word`` leads to from node ``state`` (an inner one), or -1."""
    low, high = arrays.first_child[state], arrays.first_child[state + 1]
    if state == EMPTY_CONTEXT:  # every word has a unigram
        return np.int64(low + word)
    end = high
    while low < high:
        middle = (low + high) // 2
        if arrays.word[middle] < word:
            low = middle + 1
        else:
            high = middle
    return np.int64(low) if low < end and arrays.word[low] == word else np.int64(-1)


@njit(cache=True, nogil=True)
def ngram_score(arrays, state, word):
    """Return log p(word | context of ``state``) and the state after the word.

    Args:
        arrays: `NgramArrays`.
        state: a state that this function returned, or `EMPTY_CONTEXT`.
        word: index of a word, 0 for any that the model does not know.

    Returns:
        (float32, int64).
    """
    node = np.int64(state)
    score = np.float32(0)
    child = find_child(arrays, node, word)
    while child < 0:
        score += arrays.backoff[node]
        node = np.int64(arrays.suffix[node])
        child = find_child(arrays, node, word)
    score += arrays.log_prob[child]
    if is_state(arrays, child):
        return score, child
    return score, np.int64(arrays.suffix[child])


@njit(cache=True, nogil=True)
def is_state(arrays, node):
    """Return whether a node's context matters to any word after it: it has children or a back-off."""
    if node >= len(arrays.backoff):
        return False
    return arrays.first_child[node] < arrays.first_child[node + 1] or arrays.backoff[node] != 0


@njit(cache=True, nogil=True)
def score_words(arrays, state, words):
    """Return log-probabilities [W] float32 of words [W] in a row, and the state after them."""
    log_probs = np.empty(len(words), np.float32)
    state = np.int64(state)
    for i in range(len(words)):
        log_probs[i], state = ngram_score(arrays, state, words[i])
    return log_probs, state


def level_starts(arrays: NgramArrays) -> list[int]:
    """Return the first node of each order, with 0 for the root in front and the number of nodes at the end."""
    starts = [0]
    while starts[-1] < len(arrays.backoff):
        starts.append(int(arrays.first_child[starts[-1]]))
    return starts if starts[-1] == len(arrays.word) else [*starts, len(arrays.word)]
