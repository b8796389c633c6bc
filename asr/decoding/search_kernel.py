"""The compiled inner loop of the search, frame by frame. Arguments are not checked.

A prefix is a node: its token, the node before it, the words that have ended in it (a record of the history), and where
its open word stands in the trie. What it spells is a 64-bit hash, so equal prefixes are found without a tree of all
that were ever seen: two different ones would have to collide within one frame, about once in 10^10 utterances. Only
what the beam keeps becomes a node, so an utterance needs little memory.
"""

import numpy as np

from asr.compiled import njit
from asr.decoding.search_candidates import (
    BEST,
    COUNT,
    LARGEST,
    LOWEST,
    MASS,
    NEW_HISTORY,
    NEW_LENGTH,
    NEW_LM,
    NEW_LM_STATE,
    NEW_POSITION,
    NEW_TOKEN,
    NEW_VALUE,
    NUM_MARKS,
    ROOM,
    SLOT,
    copy_row,
    fill_ranks,
    go_on,
    make_room,
    mark_beam,
)
from asr.decoding.search_math import log_add, nth_largest
from asr.decoding.search_state import (
    BLANK_MASS,
    ENDS,
    HISTORY,
    IDENTITY,
    LABEL_MASS,
    LENGTH,
    LM_STATE,
    NO_ENDS,
    NUM_FRAMES,
    NUM_NODES,
    NUM_PREFIXES,
    NUM_RECORDS,
    PARENT,
    POSITION,
    TEXT,
    TOKEN,
    VALUE,
)

_MIN_ROWS = 1024


@njit(cache=True, nogil=True, error_model="numpy")
def _stay(separator, beam_size, state, frame, stays, bounds):
    """Fill in [K, 3] the masses of the beam's prefixes that go on as they are, and the bounds that follow from them."""
    best, lowest = -np.inf, np.inf
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(num_prefixes):
        node = state.beam[k]
        blank, label, value = state.masses[k, BLANK_MASS], state.masses[k, LABEL_MASS], state.masses[k, VALUE]
        both = log_add(blank, label)
        token = state.nodes[node, TOKEN]
        stays[k, BLANK_MASS] = both + frame[0]
        if separator >= 0 and state.nodes[node, POSITION] == 0:
            stays[k, LABEL_MASS] = both + frame[separator]  # one more space says nothing new
        elif token > 0:
            stays[k, LABEL_MASS] = label + frame[token]
        else:
            stays[k, LABEL_MASS] = -np.inf
        stays[k, VALUE] = both
        rank = value + log_add(stays[k, BLANK_MASS], stays[k, LABEL_MASS])
        best, lowest = max(best, rank), min(lowest, rank)
    bounds[COUNT], bounds[BEST] = 0, best
    bounds[LOWEST] = lowest if num_prefixes == beam_size else -np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _merge(state, stays, rows, hashes, scores, count, worst, table):
    """Add candidates of one identity together, into the beam's own prefix where it is one; return how many are left."""
    mask = np.int64(len(table) - 1)
    for place in range(len(table)):
        table[place] = -1
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(num_prefixes):
        place = np.int64(state.node_hashes[state.beam[k], IDENTITY]) & mask
        while table[place] >= 0:
            place = (place + 1) & mask
        table[place] = k
    left = np.int64(0)
    for j in range(count):
        mass = scores[j, MASS]
        if mass + scores[j, NEW_VALUE] < worst:
            continue
        identity = hashes[j, IDENTITY]
        place = np.int64(identity) & mask
        while True:
            found = np.int64(table[place])
            if found < 0:
                table[place] = num_prefixes + left
                copy_row(rows, hashes, scores, j, rows, hashes, scores, left)
                left += 1
                break
            if found < num_prefixes:
                node = state.beam[found]
                if state.node_hashes[node, IDENTITY] == identity:
                    if mass > log_add(stays[found, BLANK_MASS], stays[found, LABEL_MASS]):
                        state.nodes[node, PARENT] = state.beam[rows[j, SLOT]]  # now the more probable way
                    stays[found, LABEL_MASS] = log_add(stays[found, LABEL_MASS], mass)
                    break
            elif hashes[found - num_prefixes, IDENTITY] == identity:
                other = found - num_prefixes
                if mass > scores[other, LARGEST]:
                    scores[other, LARGEST] = mass
                    rows[other, SLOT] = rows[j, SLOT]
                scores[other, MASS] = log_add(scores[other, MASS], mass)
                break
            place = (place + 1) & mask
    return left


@njit(cache=True, nogil=True, error_model="numpy")
def _keep(beam_size, state, stays, rows, hashes, scores, ranks, size, worst):
    """Make the best prefixes the beam: those of the old beam in their order, then the new in theirs."""
    num_prefixes, counts, nodes = state.counts[NUM_PREFIXES], state.counts, state.nodes
    limit, at_limit = -np.inf, np.int64(size)
    if size > beam_size:
        limit = nth_largest(ranks[1], size, beam_size)
        at_limit = np.int64(beam_size)
        for i in range(size):
            at_limit -= ranks[0, i] > limit
    kept = np.int64(0)
    for i in range(size):
        rank = ranks[0, i]
        if rank == -np.inf or rank < worst or rank < limit:
            continue
        if rank == limit:
            if at_limit == 0:
                continue
            at_limit -= 1
        if i < num_prefixes:
            state.beam[kept] = state.beam[i]
            state.masses[kept, BLANK_MASS] = stays[i, BLANK_MASS]
            state.masses[kept, LABEL_MASS] = stays[i, LABEL_MASS]
            state.masses[kept, VALUE] = state.masses[i, VALUE]
        else:
            j = i - num_prefixes
            node = counts[NUM_NODES]
            counts[NUM_NODES] += 1
            nodes[node, PARENT] = rows[j, SLOT]  # a node: see `advance`
            nodes[node, TOKEN], nodes[node, HISTORY] = rows[j, NEW_TOKEN], rows[j, NEW_HISTORY]
            nodes[node, POSITION], nodes[node, LM_STATE] = rows[j, NEW_POSITION], rows[j, NEW_LM_STATE]
            nodes[node, ENDS], nodes[node, LENGTH] = NO_ENDS, rows[j, NEW_LENGTH]
            state.node_hashes[node, IDENTITY], state.node_hashes[node, TEXT] = hashes[j, IDENTITY], hashes[j, TEXT]
            state.node_lms[node] = scores[j, NEW_LM]
            state.beam[kept] = node
            state.masses[kept, BLANK_MASS], state.masses[kept, LABEL_MASS] = -np.inf, scores[j, MASS]
            state.masses[kept, VALUE] = scores[j, NEW_VALUE]
        kept += 1
    counts[NUM_PREFIXES] = kept


@njit(cache=True, nogil=True, error_model="numpy")
def _allowed(token_min_log_prob, frame, masked, active):
    """Fill in the frame without what token pruning drops, and return how many tokens but the blank are left."""
    best = 0
    for c in range(len(frame)):
        if frame[c] > frame[best]:
            best = c
    count = 0
    for c in range(len(frame)):
        masked[c] = frame[c] if c == 0 or c == best or frame[c] >= token_min_log_prob else -np.inf
        if c and masked[c] > -np.inf:
            active[count] = c
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def advance(graph, lm, state, log_probs):
    """Take frames [T, V] float64 in, and return how many: fewer than T where ``state`` must be made larger first."""
    num_classes = log_probs.shape[1]
    masked, active, bounds = np.empty(num_classes), np.empty(num_classes, np.int64), np.empty(4)
    rows, hashes = np.empty((_MIN_ROWS, 6), np.int32), np.empty((_MIN_ROWS, 2), np.uint64)
    scores, table, ranks = np.empty((_MIN_ROWS, 4)), np.empty(_MIN_ROWS, np.int32), np.empty((2, _MIN_ROWS))
    stays, marks = np.empty((256, 3)), np.zeros(NUM_MARKS, np.bool_)
    for t in range(len(log_probs)):
        num_prefixes = state.counts[NUM_PREFIXES]
        if state.counts[NUM_RECORDS] + num_prefixes * graph.max_ends > len(state.records):
            return t
        if len(stays) < num_prefixes:
            stays = np.empty((2 * num_prefixes, 3))
        num_active = _allowed(graph.token_min_log_prob, log_probs[t], masked, active)
        _stay(graph.separator, graph.beam_size, state, masked, stays, bounds)
        if not graph.unique:
            bounds[LOWEST] = -np.inf
        bounds[LOWEST] = max(bounds[LOWEST], bounds[BEST] - graph.beam_threshold)
        mark_beam(state, marks, True)
        bounds[ROOM] = 3 * graph.beam_size if graph.unique else np.inf
        slot, needed = np.int64(0), np.int64((num_active + 1) * (graph.max_ends + 1))
        while True:
            slot = go_on(
                graph, lm, state, masked, active[:num_active], stays, bounds, slot, needed, rows, hashes, scores, marks
            )  # fmt: skip
            if slot == num_prefixes:
                break
            rows, hashes, scores, ranks = make_room(
                graph.unique, graph.beam_size, needed, state, stays, bounds, rows, hashes, scores, ranks, marks
            )  # fmt: skip
        mark_beam(state, marks, False)
        count, worst = np.int64(bounds[COUNT]), bounds[BEST] - graph.beam_threshold
        if state.counts[NUM_NODES] + min(count, graph.beam_size) > len(state.nodes):
            return t
        size = np.int64(len(table))
        while size < 2 * (num_prefixes + count):
            size *= 2
        if size > len(table):
            table = np.empty(size, np.int32)
        left = _merge(state, stays, rows, hashes, scores, count, worst, table)
        for j in range(left):  # before the beam changes: from now on, parents are nodes
            rows[j, SLOT] = state.beam[rows[j, SLOT]]
        if len(ranks[0]) < num_prefixes + left:
            ranks = np.empty((2, 2 * (num_prefixes + left)))
        size = fill_ranks(state, stays, scores, left, ranks)
        _keep(graph.beam_size, state, stays, rows, hashes, scores, ranks, size, worst)
        state.counts[NUM_FRAMES] += 1
    return len(log_probs)
