"""A trie over the spellings of words, in flat arrays, built level by level without a loop over words."""

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
    table = _table(units, offsets)
    order = np.argsort(_sortable(table), kind="stable")
    table, words, lengths = table[order], word_of_row[order], np.diff(offsets)[order]
    node = np.zeros(len(table), np.int64)  # where each spelling is, level by level
    is_new = np.zeros(len(table), bool)  # whether it has left the spelling before it
    is_new[:1] = True
    all_units, parents, level_first, num_nodes = [np.array([-1])], [np.array([0])], [0], 1
    for depth in range(table.shape[1]):
        rows = np.flatnonzero(lengths > depth)
        is_new[1:] |= table[1:, depth] != table[:-1, depth]
        # The first of its prefix among those long enough: shorter spellings stand before what they begin.
        starts = np.zeros(len(rows), bool)
        starts[:1] = True
        group = np.cumsum(is_new)[rows]
        starts[1:] = group[1:] != group[:-1]
        all_units.append(table[rows[starts], depth] - 1)
        parents.append(node[rows[starts]])
        level_first.append(num_nodes)
        node[rows] = num_nodes + np.cumsum(starts) - 1
        num_nodes += int(starts.sum())
    parent = np.concatenate(parents)
    by_node = np.argsort(node, kind="stable")
    return Trie(
        first_child=1 + _ends_before(parent[1:], num_nodes),
        unit=np.concatenate(all_units).astype(np.int32),
        parent=parent.astype(np.int32),
        word_first=_ends_before(node, num_nodes),
        words=words[by_node].astype(np.int32),
        level_first=np.array([*level_first, num_nodes]),
    )


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


def _table(units: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the spellings as rows [R, longest] of units plus one, zeros behind."""
    lengths = np.diff(offsets)
    table = np.zeros((len(lengths), int(lengths.max(initial=0))), np.int32)
    table[np.arange(table.shape[1]) < lengths[:, None]] = units + 1
    return table


def _sortable(table: np.ndarray) -> np.ndarray:
    """Return the rows as byte strings of the same order: NumPy sorts those fast, sorted ones (a model's) very fast."""
    largest = int(table.max(initial=0))
    kind = np.dtype(np.uint8) if largest < 1 << 8 else np.dtype(">u2") if largest < 1 << 16 else np.dtype(">u4")
    rows = np.ascontiguousarray(table.astype(kind))
    return rows.view(f"S{max(1, rows.shape[1] * kind.itemsize)}").ravel() if rows.size else np.zeros(len(table), "S1")
