"""A trie over the spellings of words, in flat arrays, built in one pass over sorted spellings."""

from typing import NamedTuple

import numpy as np

from asr.compiled import njit


class Trie(NamedTuple):
    """N nodes, breadth first: node 0 is the root, and the children of a node lie side by side.

    Attributes:
        first_child: [N + 1] int32; the children of node n are first_child[n] .. first_child[n + 1] - 1, by unit.
        unit: [N] int32, what leads to the node from its parent; -1 at the root.
        parent: [N] int32; the root is its own.
        word_first: [N + 1] int32; the words that end at node n are ``words[word_first[n]:word_first[n + 1]]``.
        words: int32, numbers of words.
        level_first: [L + 1] int64, first node of each depth.
    """

    first_child: np.ndarray
    unit: np.ndarray
    parent: np.ndarray
    word_first: np.ndarray
    words: np.ndarray
    level_first: np.ndarray


def build_trie(units: np.ndarray, offsets: np.ndarray, word_of_row: np.ndarray) -> Trie:
    """Return the trie of R spellings.

    Args:
        units: [sum of lengths] int32 from 0 up; spelling r is ``units[offsets[r]:offsets[r + 1]]``, not empty.
        offsets: [R + 1] int64.
        word_of_row: [R] int32, the word that each spells; a pair of spelling and word stands here once.
    """
    # A language model's words are mostly in order, which is seen faster than sorted.
    order = np.arange(len(word_of_row)) if _is_sorted(units, offsets) else _order(units, offsets)
    level_first, unit, parent, node = _nodes(units, offsets, order)
    by_node = np.argsort(node, kind="stable")
    return Trie(
        first_child=1 + _ends_before(parent[1:], len(unit)),
        unit=unit,
        parent=parent,
        word_first=_ends_before(node, len(unit)),
        words=word_of_row[order[by_node]].astype(np.int32),
        level_first=level_first,
    )


@njit(cache=True, nogil=True)
def _num_shared(units, offsets, one, other):
    """Return how many units two spellings begin with in common."""
    most = min(offsets[one + 1] - offsets[one], offsets[other + 1] - offsets[other])
    for i in range(most):
        if units[offsets[one] + i] != units[offsets[other] + i]:
            return i
    return most


@njit(cache=True, nogil=True)
def _is_sorted(units, offsets):
    for row in range(1, len(offsets) - 1):
        shared = _num_shared(units, offsets, row - 1, row)
        if offsets[row - 1] + shared == offsets[row]:
            continue  # the one before is the beginning of this one
        if offsets[row] + shared == offsets[row + 1]:
            return False
        if units[offsets[row - 1] + shared] > units[offsets[row] + shared]:
            return False
    return True


@njit(cache=True, nogil=True)
def _nodes(units, offsets, order):
    """Return first nodes of the levels, unit and parent of each node, and the node of each sorted spelling."""
    longest = 0
    for row in range(len(order)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    shared, counts = np.zeros(len(order), np.int64), np.zeros(longest + 1, np.int64)
    counts[0] = 1
    for place in range(len(order)):
        row = order[place]
        if place:
            shared[place] = _num_shared(units, offsets, order[place - 1], row)
        counts[shared[place] + 1 : offsets[row + 1] - offsets[row] + 1] += 1
    level_first = np.append(np.zeros(1, np.int64), np.cumsum(counts))
    unit, parent = np.full(level_first[-1], -1, np.int32), np.zeros(level_first[-1], np.int32)
    path, free, ends = np.zeros(longest + 1, np.int32), level_first.copy(), np.empty(len(order), np.int64)
    for place in range(len(order)):
        first, length = offsets[order[place]], offsets[order[place] + 1] - offsets[order[place]]
        for depth in range(shared[place], length):
            path[depth + 1] = free[depth + 1]
            free[depth + 1] += 1
            unit[path[depth + 1]], parent[path[depth + 1]] = units[first + depth], path[depth]
        ends[place] = path[length]
    return level_first, unit, parent, ends


def look_ahead(trie: Trie, values: np.ndarray, outside: float, letter: float) -> np.ndarray:
    """Return [N] float64 the best that a word under each node adds; 0 at the root, where no word has begun.

    Args:
        trie: the words.
        values: [W] what each adds.
        outside: what a word that leaves the trie adds; -inf where none may.
        letter: what it adds besides for each unit, 0 or below.
    """
    return _look_ahead(trie.level_first, trie.parent, trie.word_first, trie.words, values, outside, letter)


@njit(cache=True, nogil=True)
def _look_ahead(level_first, parent, word_first, words, values, outside, letter):
    best = np.empty(len(parent))
    for depth in range(len(level_first) - 1):
        best[level_first[depth] : level_first[depth + 1]] = outside + letter * depth
    for node in range(len(best) - 1, 0, -1):  # children come after their parents
        for i in range(word_first[node], word_first[node + 1]):
            best[node] = max(best[node], values[words[i]])
        best[parent[node]] = max(best[parent[node]], best[node])
    best[0] = 0.0
    return best


def path_of(trie: Trie, units: np.ndarray) -> list[int]:
    """Return the nodes of a spelling that the trie has, without the root."""
    node, path = 0, []
    for unit in units:
        first, last = trie.first_child[node], trie.first_child[node + 1]
        node = int(first + np.searchsorted(trie.unit[first:last], unit))
        path.append(node)
    return path


def _ends_before(nodes: np.ndarray, num_nodes: int) -> np.ndarray:
    """Return [N + 1] int32 how many of ``nodes`` are below each number."""
    return np.append(0, np.cumsum(np.bincount(nodes, minlength=num_nodes))).astype(np.int32)


def _order(units: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the spellings in order, equal ones as they stand."""
    lengths = np.diff(offsets)
    kind = np.dtype(np.uint8) if int(units.max(initial=0)) < 255 else np.dtype(">u4")
    table = np.zeros((len(lengths), int(lengths.max(initial=1))), kind)  # units plus one, zeros behind
    table[np.arange(table.shape[1]) < lengths[:, None]] = units + 1
    # Byte strings are what NumPy sorts fast, and big-endian numbers are in their order.
    return np.argsort(table.view(f"S{table.shape[1] * kind.itemsize}").ravel(), kind="stable")
