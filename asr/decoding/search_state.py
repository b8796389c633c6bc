"""Where a search stands after some frames, as plain arrays: what one saves, restores, and reads words from."""

from typing import NamedTuple

import numpy as np

from asr.compiled import njit

# Columns of the state's integer arrays.
PARENT, TOKEN, HISTORY, POSITION, ENDS, LM_STATE, LENGTH = range(7)  # of a node; the last in units of its open word
BEFORE, WORD, LAST_NODE, WORD_LM_STATE, HOT_STATE = range(5)  # of a record of history
BLANK_MASS, LABEL_MASS, VALUE = range(3)  # of a prefix in the beam
NUM_NODES, NUM_RECORDS, NUM_PREFIXES, NUM_FRAMES = range(4)  # of the counts
IDENTITY, TEXT = range(2)

NO_ENDS = -1  # the words that may end in a node have no records yet


class State(NamedTuple):
    """Where a search stands: prefixes (nodes), the words that ended in them (records), and the beam.

    Attributes:
        nodes: [n, 7] int32.
        node_hashes: [n, 2] uint64, of the prefix as the beam tells prefixes apart, and of its text.
        node_lms: [n] float64, weighted log-probability by a language model over tokens.
        records: [r, 5] int32. The first stands for the words before those that are known; its ``LAST_NODE`` is -1 at
            first, and 0 once words were forgotten: then every prefix begins with one token of theirs.
        record_hashes: [r] uint64, of the words.
        record_scores: [r, 2] float64, weighted log-probability by a language model over words; bonuses.
        beam: [beam_size] int32, nodes.
        masses: [beam_size, 3] float64: log-probability of the paths that end in a blank, likewise in the prefix's last
            token, and what is added to rank it.
        counts: [4] int64, used rows of nodes, records and beam; frames so far.
    """

    nodes: np.ndarray
    node_hashes: np.ndarray
    node_lms: np.ndarray
    records: np.ndarray
    record_hashes: np.ndarray
    record_scores: np.ndarray
    beam: np.ndarray
    masses: np.ndarray
    counts: np.ndarray


@njit(cache=True, nogil=True, error_model="numpy")
def begin(lm_start, state):
    """Make ``state`` that of no frames: the empty prefix, surely."""
    state.counts[:] = 0
    state.counts[NUM_NODES] = state.counts[NUM_RECORDS] = state.counts[NUM_PREFIXES] = 1
    state.nodes[0] = -1
    state.nodes[0, TOKEN] = state.nodes[0, HISTORY] = state.nodes[0, POSITION] = state.nodes[0, LENGTH] = 0
    state.nodes[0, LM_STATE] = lm_start
    state.node_hashes[0, IDENTITY] = state.node_hashes[0, TEXT] = np.uint64(0)
    state.node_lms[0] = 0.0
    state.records[0] = -1
    state.records[0, HOT_STATE] = 0
    state.records[0, WORD_LM_STATE] = lm_start
    state.record_hashes[0] = np.uint64(0)
    state.record_scores[0] = 0.0
    state.beam[0] = 0
    state.masses[0, BLANK_MASS] = 0.0
    state.masses[0, LABEL_MASS] = -np.inf
    state.masses[0, VALUE] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def tokens_to(nodes, node):
    """Return the tokens [U] int32 of a prefix; of node -1, none."""
    count, at = 0, node
    while at > 0:
        count, at = count + 1, nodes[at, PARENT]
    tokens = np.empty(count, np.int32)
    at = node
    for i in range(count - 1, -1, -1):
        tokens[i], at = nodes[at, TOKEN], nodes[at, PARENT]
    return tokens


@njit(cache=True, nogil=True, error_model="numpy")
def records_to(records, record):
    """Return [words] int32 the records of a word sequence, the first word's first."""
    count, at = 0, record
    while at > 0:
        count, at = count + 1, records[at, BEFORE]
    found = np.empty(count, np.int32)
    at = record
    for i in range(count - 1, -1, -1):
        found[i], at = at, records[at, BEFORE]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_path(nodes, node, marked):
    while node >= 0 and not marked[node]:
        marked[node] = True
        node = nodes[node, PARENT]


@njit(cache=True, nogil=True, error_model="numpy")
def _marked(state):
    """Return which nodes and which records the beam, and what it comes to, can ever need."""
    nodes, records = np.zeros(state.counts[NUM_NODES], np.bool_), np.zeros(state.counts[NUM_RECORDS], np.bool_)
    nodes[0] = records[0] = True
    for k in range(state.counts[NUM_PREFIXES]):
        node = state.beam[k]
        _mark_path(state.nodes, node, nodes)
        record = state.nodes[node, HISTORY]
        while not records[record]:
            records[record] = True
            _mark_path(state.nodes, state.records[record, LAST_NODE], nodes)
            record = state.records[record, BEFORE]
    return nodes, records


@njit(cache=True, nogil=True, error_model="numpy")
def compact(state):
    """Leave out what the beam does not need, and return how many nodes and records are left."""
    keep_node, keep_record = _marked(state)
    new_node, new_record = np.cumsum(keep_node) - 1, np.cumsum(keep_record) - 1
    for old in range(len(keep_node)):
        if not keep_node[old]:
            continue
        new, parent, record = new_node[old], state.nodes[old, PARENT], state.nodes[old, HISTORY]
        state.nodes[new] = state.nodes[old]
        state.node_hashes[new] = state.node_hashes[old]
        state.node_lms[new] = state.node_lms[old]
        state.nodes[new, ENDS] = NO_ENDS
        state.nodes[new, PARENT] = new_node[parent] if parent >= 0 else parent
        # Nodes that are not in the beam are only read for their tokens.
        state.nodes[new, HISTORY] = new_record[record] if keep_record[record] else 0
    for old in range(len(keep_record)):
        if not keep_record[old]:
            continue
        new, before, node = new_record[old], state.records[old, BEFORE], state.records[old, LAST_NODE]
        state.records[new] = state.records[old]
        state.record_hashes[new] = state.record_hashes[old]
        state.record_scores[new] = state.record_scores[old]
        state.records[new, BEFORE] = new_record[before] if before >= 0 else before
        state.records[new, LAST_NODE] = new_node[node] if node >= 0 else node
    for k in range(state.counts[NUM_PREFIXES]):
        state.beam[k] = new_node[state.beam[k]]
    state.counts[NUM_NODES], state.counts[NUM_RECORDS] = new_node[-1] + 1, new_record[-1] + 1
    return state.counts[NUM_NODES], state.counts[NUM_RECORDS]


def forget(state: State, root: int, num_words: int) -> None:
    """Make the state one after some words, and drop the prefixes that begin with others.

    Args:
        state: changed.
        root: the record of the last of these words.
        num_words: how many they are.
    """
    count = int(state.counts[NUM_PREFIXES])
    beam = state.beam[:count].copy()
    chains = [records_to(state.records, record) for record in state.nodes[beam, HISTORY].tolist()]
    same = [len(c) >= num_words and state.record_hashes[c[num_words - 1]] == state.record_hashes[root] for c in chains]
    # Words may have been pronounced or segmented in several ways: each is a record of its own, and all are one now.
    roots = np.unique([root, *(chain[num_words - 1] for chain, kept in zip(chains, same, strict=True) if kept)])
    last_nodes = state.records[roots, LAST_NODE]
    used = used_rows(state)
    for links in (state.nodes[: used["nodes"], HISTORY], state.records[: used["records"], BEFORE]):
        links[np.isin(links, roots)] = 0
    state.records[0] = state.records[root]
    state.records[0, BEFORE] = -1
    state.records[0, LAST_NODE] = 0  # see `State`
    state.record_hashes[0], state.record_scores[0] = state.record_hashes[root], state.record_scores[root]
    state.nodes[last_nodes, PARENT] = 0
    num_kept = int(np.sum(same))
    state.beam[:num_kept], state.masses[:num_kept] = beam[same], state.masses[:count][same]
    state.counts[NUM_PREFIXES] = num_kept


def used_rows(state: State) -> dict[str, int]:
    """Return how many rows of each array are in use."""
    nodes, records, prefixes, _ = state.counts.tolist()
    rows = (nodes, nodes, nodes, records, records, records, prefixes, prefixes, len(state.counts))
    return dict(zip(State._fields, rows, strict=True))


def copy_into(state: State, larger: State) -> State:
    """Return ``larger`` with what ``state`` holds."""
    for name, rows in used_rows(state).items():
        getattr(larger, name)[:rows] = getattr(state, name)[:rows]
    return larger
