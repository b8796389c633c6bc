"""The compiled inner part of the search: beams over frames, and what a beam comes to. Arguments are not checked.

A prefix is a node: its token, the node before it, the words that have ended in it (a record of the history), and where
its open word stands in the trie. What it spells is a 64-bit hash, so equal prefixes are found without a tree of all
that were ever seen: two different ones would have to collide within one frame, about once in 10^10 utterances. Only
what the beam keeps becomes a node, so an utterance needs little memory. Words are scored once for each node in which
they may end.

numba sees only by this file's time of change that its cache is stale: after a change in `ngram.py`, touch it.
"""

import numpy as np
from numba import njit

from asr.decoding.ngram import END, UNKNOWN, ngram_score
from asr.decoding.search_state import (
    BEFORE,
    BLANK_MASS,
    ENDS,
    HISTORY,
    HOT_STATE,
    IDENTITY,
    LABEL_MASS,
    LAST_NODE,
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
    WORD,
    WORD_LM_STATE,
)

# Columns of the candidates' arrays.
SLOT, NEW_TOKEN, NEW_HISTORY, NEW_POSITION, NEW_LM_STATE = range(5)  # of a candidate
MASS, NEW_VALUE, NEW_LM, LARGEST = range(4)

_WORD_LM, _TOKEN_LM = 1, 2  # as in search_graph, which imports more than a kernel may
_SPACE = 1 << 40  # what is hashed here is no number of a unit
_FIRST_WORD = _SPACE + 1
_FIRST = np.uint64(0x9E37_79B9_7F4A_7C15)
_SECOND = np.uint64(0xD6E8_FEB8_6659_FD93)
_SHIFT = np.uint64(32)
_SMALLEST_RATIO = -45.0  # exp of it is below what float64 can add to 1


@njit(cache=True, nogil=True)
def log_add(a, b):
    """Return the logarithm of the sum of two numbers given as logarithms."""
    if a < b:
        a, b = b, a
    if b == -np.inf or b - a < _SMALLEST_RATIO:
        return a
    return a + np.log1p(np.exp(b - a))


@njit(cache=True, nogil=True)
def _mix(value, number):
    """Return a hash of a hash and one more number."""
    value = (value ^ np.uint64(number)) * _FIRST
    value ^= value >> _SHIFT
    value *= _SECOND
    return value ^ (value >> _SHIFT)


@njit(cache=True, nogil=True)
def _find(keys, key, first, last):
    """Return where ``key`` stands in the sorted ``keys[first:last]``, or -1."""
    end = last
    while first < last:
        middle = (first + last) >> 1
        if keys[middle] < key:
            first = middle + 1
        else:
            last = middle
    return first if first < end and keys[first] == key else -1


@njit(cache=True, nogil=True)
def _step(graph, position, unit):
    """Return the trie's node after one more unit, -1 outside."""
    if position < 0:
        return -1
    return _find(graph.unit, unit, graph.first_child[position], graph.first_child[position + 1])


@njit(cache=True, nogil=True)
def _num_ends(graph, position):
    """Return how many words may end at a position of the trie; an unknown word is one."""
    found = graph.word_first[position + 1] - graph.word_first[position] if position > 0 else 0
    return found if graph.constrained else 1


@njit(cache=True, nogil=True)
def _ahead(graph, hot_state, position):
    """Return what the open word may add: the best that the trie still allows, and the hotword under way."""
    value = graph.ahead[position]
    if graph.num_hotwords and position >= 0:
        key = hot_state * np.int64(len(graph.unit)) + position
        place = _find(graph.credit_keys, key, 0, len(graph.credit_keys))
        if place >= 0:
            value += graph.credits[place]
    return value


@njit(cache=True, nogil=True)
def _hear_hotword(graph, state, word):
    """Return the hotwords' state after a word, of number -1 where it is in none."""
    if word < 0:
        return 0
    while True:
        place = _find(graph.hot_keys, state * np.int64(graph.num_hotwords) + word, 0, len(graph.hot_keys))
        if place >= 0:
            return np.int64(graph.hot_targets[place])
        if state == 0:
            return 0
        state = np.int64(graph.hot_fails[state])


@njit(cache=True, nogil=True)
def _end_word(graph, lm, state, node):
    """Make the records of the words that may end in a node, if they are not there; they follow each other."""
    nodes, counts = state.nodes, state.counts
    if nodes[node, ENDS] != NO_ENDS:
        return
    nodes[node, ENDS] = counts[NUM_RECORDS]
    position, history = nodes[node, POSITION], nodes[node, HISTORY]
    known = graph.word_first[position + 1] - graph.word_first[position] if position > 0 else 0
    for i in range(_num_ends(graph, position)):
        word = graph.words[graph.word_first[position] + i] if i < known else -1
        record = counts[NUM_RECORDS]
        counts[NUM_RECORDS] += 1
        state.records[record, BEFORE] = history
        state.records[record, WORD] = word
        state.records[record, LAST_NODE] = node
        state.records[record, WORD_LM_STATE] = state.records[history, WORD_LM_STATE]
        score, bonus = state.record_scores[history, 0], state.record_scores[history, 1] + graph.word_bonus
        if graph.lm_kind == _WORD_LM:
            lm_word = graph.word_lm[word] if word >= 0 else UNKNOWN
            log_prob, after = ngram_score(lm, state.records[history, WORD_LM_STATE], lm_word)
            score += graph.lm_weight * log_prob
            state.records[record, WORD_LM_STATE] = after
            if lm_word == UNKNOWN:
                bonus += graph.oov_penalty
        if graph.num_hotwords:
            hot_word = graph.word_hot[word] if word >= 0 else np.int32(-1)
            hot_state = _hear_hotword(graph, np.int64(state.records[history, HOT_STATE]), hot_word)
            state.records[record, HOT_STATE] = hot_state
            bonus += graph.hot_outputs[hot_state]
        else:
            state.records[record, HOT_STATE] = 0
        state.record_scores[record, 0], state.record_scores[record, 1] = score, bonus
        if graph.constrained:
            state.record_hashes[record] = _mix(state.record_hashes[history], _FIRST_WORD + word)
        else:
            state.record_hashes[record] = _mix(state.node_hashes[node, TEXT], _SPACE)


@njit(cache=True, nogil=True)
def _candidate(graph, lm, state, slot, token, history, ended, position, text, mass, row, hashes, scores):
    """Fill in one way to go on: ``history`` with an open word at ``position`` that spells ``text``."""
    node = state.beam[slot]
    row[SLOT], row[NEW_TOKEN], row[NEW_HISTORY], row[NEW_POSITION] = slot, token, history, position
    hashes[TEXT] = text
    scores[MASS] = scores[LARGEST] = mass
    value = state.record_scores[history, 0] + state.record_scores[history, 1]
    value += _ahead(graph, np.int64(state.records[history, HOT_STATE]), position)
    if graph.lm_kind == _TOKEN_LM:
        log_prob, after = ngram_score(lm, state.nodes[node, LM_STATE], graph.token_lm[token])
        scores[NEW_LM] = state.node_lms[node] + graph.lm_weight * log_prob
        value += scores[NEW_LM]
        row[NEW_LM_STATE] = after
        identity = _mix(state.node_hashes[node, IDENTITY], token)
        hashes[IDENTITY] = _mix(identity, state.record_hashes[history]) if ended else identity
    else:
        scores[NEW_LM] = 0.0
        row[NEW_LM_STATE] = 0
        hashes[IDENTITY] = _mix(text, token)
    scores[NEW_VALUE] = value


@njit(cache=True, nogil=True)
def _extend(graph, lm, state, slot, token, child, mass, rows, hashes, scores, count):
    """Add the candidates of one prefix and one token, and return their new number.

    ``child`` is the trie's node after the token where that is known already, else -2.
    """
    node = state.beam[slot]
    position, history = state.nodes[node, POSITION], state.nodes[node, HISTORY]
    text = state.node_hashes[node, TEXT]
    if graph.implicit:
        child = _step(graph, position, token) if child == -2 else child
        if child >= 0:
            after = _mix(text, token + 1)
            _candidate(graph, lm, state, slot, token, history, False, child, after, mass,
                       rows[count], hashes[count], scores[count])  # fmt: skip
            count += 1
        if position > 0 and _num_ends(graph, position):
            start = _step(graph, 0, token)
            if start >= 0:
                _end_word(graph, lm, state, node)
                first = state.nodes[node, ENDS]
                for record in range(first, first + _num_ends(graph, position)):
                    after = _mix(state.record_hashes[record], token + 1)
                    _candidate(graph, lm, state, slot, token, record, True, start, after, mass,
                               rows[count], hashes[count], scores[count])  # fmt: skip
                    count += 1
        return count
    ended = graph.starts_word[token] != 0 and position != 0
    first, last = history, history + 1
    if ended:
        if _num_ends(graph, position) == 0:
            return count
        _end_word(graph, lm, state, node)
        first = state.nodes[node, ENDS]
        last = first + _num_ends(graph, position)
        position = 0
    if child == -2:
        child = position
        for i in range(graph.unit_first[token], graph.unit_first[token + 1]):
            child = _step(graph, child, graph.units[i])
        if child < 0 and graph.constrained:
            return count
    for record in range(first, last):
        after = state.record_hashes[record] if ended else text
        for i in range(graph.unit_first[token], graph.unit_first[token + 1]):
            after = _mix(after, graph.units[i] + 1)
        _candidate(graph, lm, state, slot, token, record, ended, child, after, mass,
                   rows[count], hashes[count], scores[count])  # fmt: skip
        count += 1
    return count


@njit(cache=True, nogil=True)
def _grown(array):
    longer = np.empty((2 * len(array), array.shape[1]), array.dtype)
    longer[: len(array)] = array
    return longer


@njit(cache=True, nogil=True)
def _stay(graph, state, frame, stays):
    """Fill in [K, 3] the masses of the beam's prefixes that go on as they are, and return the best rank."""
    best = -np.inf
    for k in range(state.counts[NUM_PREFIXES]):
        node = state.beam[k]
        blank, label, value = state.masses[k, BLANK_MASS], state.masses[k, LABEL_MASS], state.masses[k, VALUE]
        both = log_add(blank, label)
        token = state.nodes[node, TOKEN]
        stays[k, BLANK_MASS] = both + frame[0]
        if graph.separator >= 0 and state.nodes[node, POSITION] == 0:
            stays[k, LABEL_MASS] = both + frame[graph.separator]  # one more space says nothing new
        elif token > 0:
            stays[k, LABEL_MASS] = label + frame[token]
        else:
            stays[k, LABEL_MASS] = -np.inf
        stays[k, VALUE] = both
        best = max(best, value + log_add(stays[k, BLANK_MASS], stays[k, LABEL_MASS]))
    return best


@njit(cache=True, nogil=True)
def _go_on(graph, lm, state, frame, active, stays, best, rows, hashes, scores):
    """Return the candidates of a frame, their number and the best rank; what ranks too far below may be left out."""
    count = 0
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(num_prefixes):
        node = state.beam[k]
        last, position = state.nodes[node, TOKEN], state.nodes[node, POSITION]
        blank, both, value = state.masses[k, BLANK_MASS], stays[k, VALUE], state.masses[k, VALUE]
        reachable = value + graph.max_gain
        ends = position > 0 and _num_ends(graph, position) > 0
        # With a lexicon, few tokens can follow inside a word: go through these, where they are fewer.
        by_child = graph.constrained and graph.single and position > 0 and not (graph.implicit and ends)
        num_children = graph.first_child[position + 1] - graph.first_child[position] if by_child else 0
        by_child = by_child and num_children < len(active)
        num_rounds = num_children + (ends and graph.separator >= 0) if by_child else len(active)
        for i in range(num_rounds):
            child = -2
            if not by_child:
                token = active[i]
            elif i < num_children:
                child = graph.first_child[position] + i
                token = np.int64(graph.unit[child])
            else:
                token = np.int64(graph.separator)
            log_prob = frame[token]
            mass = (blank if token == last else both) + log_prob
            if mass == -np.inf or (graph.separator == token and position == 0):
                continue
            ending = (graph.starts_word[token] != 0 and position != 0) or (graph.implicit and ends)
            if not ending and mass + reachable < best - graph.beam_threshold:
                continue
            if count + graph.max_ends + 1 > len(rows):
                rows, hashes, scores = _grown(rows), _grown(hashes), _grown(scores)
            before = count
            count = _extend(graph, lm, state, k, token, child, mass, rows, hashes, scores, count)
            for j in range(before, count):
                best = max(best, mass + scores[j, NEW_VALUE])
    return rows, hashes, scores, count, best


@njit(cache=True, nogil=True)
def _merge(graph, state, stays, rows, hashes, scores, count, worst, table):
    """Add candidates of one identity together, into the beam's own prefix where it is one; return how many are left."""
    mask = np.uint64(len(table) - 1)
    table[:] = -1
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(num_prefixes):
        place = np.int64(state.node_hashes[state.beam[k], IDENTITY] & mask)
        while table[place] >= 0:
            place = (place + 1) & np.int64(mask)
        table[place] = k
    left = 0
    for j in range(count):
        mass = scores[j, MASS]
        if mass + scores[j, NEW_VALUE] < worst:
            continue
        identity = hashes[j, IDENTITY]
        place = np.int64(identity & mask)
        while True:
            found = table[place]
            if found < 0:
                table[place] = num_prefixes + left
                rows[left] = rows[j]
                hashes[left] = hashes[j]
                scores[left] = scores[j]
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
            place = (place + 1) & np.int64(mask)
    return left


@njit(cache=True, nogil=True)
def _nth_largest(values, n):
    """Return the n-th largest of values, from 1; their order changes."""
    first, last, place = 0, len(values) - 1, n - 1
    while first < last:
        pivot = values[(first + last) >> 1]
        i, j = first, last
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if place <= j:
            last = j
        elif place >= i:
            first = i
        else:
            break
    return values[place]


@njit(cache=True, nogil=True)
def _ranks(state, stays, scores, left):
    """Return the rank of each prefix of the beam, then of each candidate."""
    num_prefixes = state.counts[NUM_PREFIXES]
    ranks = np.empty(num_prefixes + left)
    for k in range(num_prefixes):
        ranks[k] = log_add(stays[k, BLANK_MASS], stays[k, LABEL_MASS]) + state.masses[k, VALUE]
    for j in range(left):
        ranks[num_prefixes + j] = scores[j, MASS] + scores[j, NEW_VALUE]
    return ranks


@njit(cache=True, nogil=True)
def _keep(graph, state, stays, rows, hashes, scores, ranks, worst):
    """Make the best prefixes the beam: those of the old beam in their order, then the new in theirs."""
    num_prefixes, counts = state.counts[NUM_PREFIXES], state.counts
    limit, at_limit = -np.inf, len(ranks)
    if len(ranks) > graph.beam_size:
        limit = _nth_largest(ranks.copy(), graph.beam_size)
        at_limit = graph.beam_size - np.sum(ranks > limit)
    kept = 0
    for i in range(len(ranks)):
        if ranks[i] == -np.inf or ranks[i] < worst or ranks[i] < limit:
            continue
        if ranks[i] == limit:
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
            state.nodes[node, PARENT] = rows[j, SLOT]  # a node: see `_advance_one`
            state.nodes[node, TOKEN] = rows[j, NEW_TOKEN]
            state.nodes[node, HISTORY] = rows[j, NEW_HISTORY]
            state.nodes[node, POSITION] = rows[j, NEW_POSITION]
            state.nodes[node, LM_STATE] = rows[j, NEW_LM_STATE]
            state.nodes[node, ENDS] = NO_ENDS
            state.node_hashes[node] = hashes[j]
            state.node_lms[node] = scores[j, NEW_LM]
            state.beam[kept] = node
            state.masses[kept, BLANK_MASS] = -np.inf
            state.masses[kept, LABEL_MASS] = scores[j, MASS]
            state.masses[kept, VALUE] = scores[j, NEW_VALUE]
        kept += 1
    counts[NUM_PREFIXES] = kept


@njit(cache=True, nogil=True)
def _allowed(graph, frame, masked, active):
    """Fill in the frame without what token pruning drops, and return how many tokens but the blank are left."""
    best = 0
    for c in range(len(frame)):
        if frame[c] > frame[best]:
            best = c
    count = 0
    for c in range(len(frame)):
        kept = c == 0 or c == best or frame[c] >= graph.token_min_log_prob
        masked[c] = frame[c] if kept else -np.inf
        if c and masked[c] > -np.inf:
            active[count] = c
            count += 1
    return count


@njit(cache=True, nogil=True)
def advance(graph, lm, state, log_probs):
    """Take frames [T, V] float64 in, and return how many: fewer than T where ``state`` must be made larger first."""
    num_classes = log_probs.shape[1]
    masked, active = np.empty(num_classes), np.empty(num_classes, np.int64)
    rows, hashes = np.empty((1024, 5), np.int32), np.empty((1024, 2), np.uint64)
    scores, table = np.empty((1024, 4)), np.empty(1024, np.int32)
    stays = np.empty((256, 3))
    for t in range(len(log_probs)):
        num_prefixes = state.counts[NUM_PREFIXES]
        if state.counts[NUM_RECORDS] + num_prefixes * graph.max_ends > len(state.records):
            return t
        while len(stays) < num_prefixes:
            stays = _grown(stays)
        num_active = _allowed(graph, log_probs[t], masked, active)
        best = _stay(graph, state, masked, stays)
        rows, hashes, scores, count, best = _go_on(
            graph, lm, state, masked, active[:num_active], stays, best, rows, hashes, scores
        )
        if state.counts[NUM_NODES] + min(count, graph.beam_size) > len(state.nodes):
            return t
        if len(table) < 2 * (num_prefixes + count):
            size = len(table)
            while size < 2 * (num_prefixes + count):
                size *= 2
            table = np.empty(size, np.int32)
        worst = best - graph.beam_threshold
        left = _merge(graph, state, stays, rows, hashes, scores, count, worst, table)
        for j in range(left):  # before the beam changes: from now on, parents are nodes
            rows[j, SLOT] = state.beam[rows[j, SLOT]]
        ranks = _ranks(state, stays, scores, left)
        _keep(graph, state, stays, rows, hashes, scores, ranks, worst)
        state.counts[NUM_FRAMES] += 1
    return len(log_probs)


@njit(cache=True, nogil=True)
def finish(graph, lm, state, unfinished):
    """Return what the beam comes to if the utterance ends here, best first: scores [F, 3], records [F] and nodes [F].

    Records are added to the state, and room for them must be there. With ``unfinished``, the open word of each prefix
    is left out, for a beam that has no whole word sequence.
    """
    ends, hashes, count = np.empty((64, 2), np.int64), np.empty((64, 1), np.uint64), 0
    scores = np.empty((64, 3))
    for k in range(state.counts[NUM_PREFIXES]):
        node = np.int64(state.beam[k])
        position = state.nodes[node, POSITION]
        first = np.int64(state.nodes[node, HISTORY])
        last, final, token_node = first + 1, node, node
        if position != 0 and unfinished:
            final = np.int64(state.records[first, LAST_NODE])
        elif position != 0:
            if _num_ends(graph, position) == 0:
                continue
            _end_word(graph, lm, state, node)
            first = np.int64(state.nodes[node, ENDS])
            last = first + _num_ends(graph, position)
        elif state.nodes[node, PARENT] >= 0:  # the space at the end says nothing
            final = token_node = np.int64(state.nodes[node, PARENT])
        mass = log_add(state.masses[k, BLANK_MASS], state.masses[k, LABEL_MASS])
        for record in range(first, last):
            lm_score = state.record_scores[record, 0]
            if graph.lm_kind == _WORD_LM:
                lm_score += graph.lm_weight * ngram_score(lm, state.records[record, WORD_LM_STATE], END)[0]
            elif graph.lm_kind == _TOKEN_LM:
                lm_score += state.node_lms[token_node]
                lm_score += graph.lm_weight * ngram_score(lm, state.nodes[token_node, LM_STATE], END)[0]
            if count == len(scores):
                ends, hashes, scores = _grown(ends), _grown(hashes), _grown(scores)
            ends[count, 0], ends[count, 1] = record, final
            hashes[count, 0] = state.record_hashes[record]
            scores[count, 0] = mass
            scores[count, 1], scores[count, 2] = lm_score, state.record_scores[record, 1]
            count += 1
    return _summed(ends[:count], hashes[:count, 0], scores[:count])


@njit(cache=True, nogil=True)
def _summed(ends, hashes, scores):
    """Add up what has the same words; the parts that are not acoustic are those of the best of them."""
    order = np.argsort(hashes, kind="mergesort")
    chosen, sums = np.empty(len(order), np.int64), np.empty(len(order))
    count = -1
    for i in range(len(order)):
        j = order[i]
        total = scores[j, 0] + scores[j, 1] + scores[j, 2]
        if i == 0 or hashes[j] != hashes[order[i - 1]]:
            count += 1
            chosen[count], sums[count] = j, total
            continue
        best = chosen[count]
        if total > scores[best, 0] + scores[best, 1] + scores[best, 2]:
            chosen[count] = j
        sums[count] = log_add(sums[count], total)
    chosen, sums = chosen[: count + 1], sums[: count + 1]
    by_sum = np.argsort(-sums, kind="mergesort")
    parts = np.empty((len(by_sum), 3))
    for i in range(len(by_sum)):
        j = chosen[by_sum[i]]
        parts[i, 1], parts[i, 2] = scores[j, 1], scores[j, 2]
        parts[i, 0] = sums[by_sum[i]] - (scores[j, 1] + scores[j, 2])
    return parts, ends[chosen[by_sum], 0], ends[chosen[by_sum], 1]
