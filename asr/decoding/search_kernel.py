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
SLOT, NEW_TOKEN, NEW_HISTORY, NEW_POSITION, NEW_LM_STATE = range(5)
MASS, NEW_VALUE, NEW_LM, LARGEST = range(4)
# Of a frame: candidates so far, the best rank, the rank below which what is no prefix of the beam is lost, and the
# number of candidates from which on these bounds are worth making anew.
_COUNT, _BEST, _LOWEST, _ROOM = range(4)
_INSIDE, _AFTER = 1, 2  # where a token stands: see `_extend`

_WORD_LM, _TOKEN_LM = 1, 2  # as in search_graph, which imports more than a kernel may
_SPACE = 1 << 40  # what is hashed here is no number of a unit
_FIRST_WORD = _SPACE + 1
_FIRST = np.uint64(0x9E37_79B9_7F4A_7C15)
_SECOND = np.uint64(0xD6E8_FEB8_6659_FD93)
_SHIFT = np.uint64(32)
_BITS = np.uint64(0x3FFF)  # of an identity, for `_mark_beam`
_SMALLEST_RATIO = -45.0  # exp of it is below what float64 can add to 1
_MIN_ROWS = 1024


@njit(cache=True, nogil=True, error_model="numpy")
def log_add(a, b):
    """Return the logarithm of the sum of two numbers given as logarithms."""
    if a < b:
        a, b = b, a
    if b == -np.inf or b - a < _SMALLEST_RATIO:
        return a
    return a + np.log1p(np.exp(b - a))


@njit(cache=True, nogil=True, error_model="numpy")
def _mix(value, number):
    """Return a hash of a hash and one more number."""
    value = (value ^ np.uint64(number)) * _FIRST
    value ^= value >> _SHIFT
    value *= _SECOND
    return value ^ (value >> _SHIFT)


@njit(cache=True, nogil=True, error_model="numpy")
def _find(keys, key, first, last):
    """Return where ``key`` stands in the sorted ``keys[first:last]``, or -1."""
    end = last
    while first < last:
        middle = (first + last) >> 1
        if keys[middle] < key:
            first = middle + 1
        else:
            last = middle
    return first if first < end and keys[first] == key else np.int64(-1)


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(graph, position, token):
    """Return where a token leads in the trie, -1 outside."""
    for i in range(graph.unit_first[token], graph.unit_first[token + 1]):
        if position >= 0:
            first, last = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
            position = _find(graph.unit, graph.units[i], first, last)
    return position


@njit(cache=True, nogil=True, error_model="numpy")
def _spelled(unit_first, units, text, token):
    """Return the hash of a text with what a token adds to it."""
    for i in range(unit_first[token], unit_first[token + 1]):
        text = _mix(text, np.int64(units[i]) + 1)
    return text


@njit(cache=True, nogil=True, error_model="numpy")
def _num_ends(word_first, constrained, position):
    """Return how many words may end at a position of the trie; an unknown word is one."""
    if constrained:
        return np.int64(word_first[position + 1] - word_first[position]) if position > 0 else np.int64(0)
    return np.int64(1)


@njit(cache=True, nogil=True, error_model="numpy")
def _credit(graph, hot_state, position):
    """Return what the hotword that is under way is worth."""
    if position < 0:
        return 0.0
    key = hot_state * np.int64(len(graph.unit)) + position
    place = _find(graph.credit_keys, key, np.int64(0), np.int64(len(graph.credit_keys)))
    return graph.credits[place] if place >= 0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _hear_hotword(graph, state, word):
    """Return the hotwords' state after a word, of number -1 where it is in none."""
    if word < 0:
        return np.int64(0)
    while True:
        key = state * np.int64(graph.num_hotwords) + word
        place = _find(graph.hot_keys, key, np.int64(0), np.int64(len(graph.hot_keys)))
        if place >= 0:
            return np.int64(graph.hot_targets[place])
        if state == 0:
            return np.int64(0)
        state = np.int64(graph.hot_fails[state])


@njit(cache=True, nogil=True, error_model="numpy")
def _end_word(graph, lm, state, node):
    """Make the records of the words that may end in a node, if they are not there; they follow each other."""
    nodes, records, counts = state.nodes, state.records, state.counts
    if nodes[node, ENDS] != NO_ENDS:
        return
    nodes[node, ENDS] = counts[NUM_RECORDS]
    position, history = np.int64(nodes[node, POSITION]), np.int64(nodes[node, HISTORY])
    first = np.int64(graph.word_first[position]) if position > 0 else np.int64(0)
    known = np.int64(graph.word_first[position + 1]) - first if position > 0 else np.int64(0)
    for i in range(_num_ends(graph.word_first, graph.constrained, position)):
        word = np.int64(graph.words[first + i]) if i < known else np.int64(-1)
        record = counts[NUM_RECORDS]
        counts[NUM_RECORDS] += 1
        records[record, BEFORE], records[record, WORD], records[record, LAST_NODE] = history, word, node
        records[record, WORD_LM_STATE] = records[history, WORD_LM_STATE]
        records[record, HOT_STATE] = 0
        score, bonus = state.record_scores[history, 0], state.record_scores[history, 1] + graph.word_bonus
        if graph.lm_kind == _WORD_LM:
            lm_word = np.int64(graph.word_lm[word]) if word >= 0 else np.int64(UNKNOWN)
            log_prob, after = ngram_score(lm, np.int64(records[history, WORD_LM_STATE]), lm_word)
            score += graph.lm_weight * log_prob
            records[record, WORD_LM_STATE] = after
            if lm_word == UNKNOWN:
                bonus += graph.oov_penalty
        if graph.num_hotwords:
            hot_word = np.int64(graph.word_hot[word]) if word >= 0 else np.int64(-1)
            hot_state = _hear_hotword(graph, np.int64(records[history, HOT_STATE]), hot_word)
            records[record, HOT_STATE] = hot_state
            bonus += graph.hot_outputs[hot_state]
        state.record_scores[record, 0], state.record_scores[record, 1] = score, bonus
        if graph.constrained:
            state.record_hashes[record] = _mix(state.record_hashes[history], _FIRST_WORD + word)
        else:
            state.record_hashes[record] = _mix(state.node_hashes[node, TEXT], _SPACE)


@njit(cache=True, nogil=True, error_model="numpy")
def _push(graph, lm, state, slot, token, history, ended, position, text, mass, bounds, rows, hashes, scores, marks):
    """Add a candidate if it ranks high enough: ``history`` with an open word at ``position`` that spells ``text``."""
    node, count = np.int64(state.beam[slot]), np.int64(bounds[_COUNT])
    value = state.record_scores[history, 0] + state.record_scores[history, 1] + graph.ahead[position]
    if graph.num_hotwords:
        value += _credit(graph, np.int64(state.records[history, HOT_STATE]), position)
    identity = _mix(text, token)
    if graph.lm_kind == _TOKEN_LM:
        log_prob, after = ngram_score(lm, np.int64(state.nodes[node, LM_STATE]), np.int64(graph.token_lm[token]))
        scores[count, NEW_LM] = state.node_lms[node] + graph.lm_weight * log_prob
        rows[count, NEW_LM_STATE] = after
        value += scores[count, NEW_LM]
        identity = _mix(state.node_hashes[node, IDENTITY], token)
        if ended:
            identity = _mix(identity, np.int64(state.record_hashes[history]))
    else:
        scores[count, NEW_LM] = 0.0
        rows[count, NEW_LM_STATE] = 0
    rank = mass + value
    if rank < bounds[_LOWEST] and (rank < bounds[_BEST] - graph.beam_threshold or not marks[identity & _BITS]):
        return
    rows[count, SLOT], rows[count, NEW_TOKEN] = slot, token
    rows[count, NEW_HISTORY], rows[count, NEW_POSITION] = history, position
    scores[count, MASS] = scores[count, LARGEST] = mass
    scores[count, NEW_VALUE] = value
    hashes[count, TEXT], hashes[count, IDENTITY] = text, identity
    bounds[_COUNT] = count + 1
    if rank > bounds[_BEST]:
        bounds[_BEST] = rank
        bounds[_LOWEST] = max(bounds[_LOWEST], rank - graph.beam_threshold)


@njit(cache=True, nogil=True, error_model="numpy")
def _extend(graph, lm, state, slot, token, child, mass, where, bounds, rows, hashes, scores, marks):
    """Add the candidates of one prefix and one token.

    ``child`` is where the token leads from the prefix's position, -2 where that is not known; ``where`` says
    whether the token may go on with the open word (`_INSIDE`), stand after its end (`_AFTER`), or both (their sum).
    """
    node = np.int64(state.beam[slot])
    position = np.int64(state.nodes[node, POSITION])
    if where & _INSIDE:
        at = child if child != -2 else _walk(graph, position, token)
        if at >= 0 or not graph.constrained:
            text = _spelled(graph.unit_first, graph.units, state.node_hashes[node, TEXT], token)
            history = np.int64(state.nodes[node, HISTORY])
            _push(
                graph, lm, state, slot, token, history, np.int64(0), at, text, mass, bounds, rows, hashes, scores, marks
            )
    if not where & _AFTER:
        return
    start = _walk(graph, np.int64(0), token)
    if start < 0 and graph.constrained:
        return
    _end_word(graph, lm, state, node)
    first = np.int64(state.nodes[node, ENDS])
    for record in range(first, first + _num_ends(graph.word_first, graph.constrained, position)):
        text = _spelled(graph.unit_first, graph.units, state.record_hashes[record], token)
        _push(
            graph, lm, state, slot, token, record, np.int64(1), start, text, mass, bounds, rows, hashes, scores, marks
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_kept(word_first, words, constrained, text, history_hash, position, token, marks):
    """Return whether the beam may have what an open word that spells ``text`` becomes by a separator."""
    if not constrained:
        return marks[_mix(_mix(text, _SPACE), token) & _BITS]
    for i in range(word_first[position], word_first[position + 1]):
        if marks[_mix(_mix(history_hash, _FIRST_WORD + np.int64(words[i])), token) & _BITS]:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _go_on(graph, lm, state, frame, active, stays, bounds, first_slot, needed, rows, hashes, scores, marks):
    """Add the candidates of the prefixes from ``first_slot`` on, and return the prefix before which room ran out.

    ``needed`` is the room that one prefix may take. What is most of the work stands here and not in functions of its
    own: each call costs more than a candidate.
    """
    # Then nothing but the look-ahead differs between tokens inside a word.
    quick = graph.single and graph.lm_kind != _TOKEN_LM and graph.num_hotwords == 0
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(first_slot, num_prefixes):
        if bounds[_COUNT] > bounds[_ROOM] or bounds[_COUNT] + needed > len(rows):
            return k
        node = np.int64(state.beam[k])
        last, position = np.int64(state.nodes[node, TOKEN]), np.int64(state.nodes[node, POSITION])
        history, node_text = np.int64(state.nodes[node, HISTORY]), state.node_hashes[node, TEXT]
        blank, both, value = state.masses[k, BLANK_MASS], stays[k, VALUE], state.masses[k, VALUE]
        open_word = position != 0 and _num_ends(graph.word_first, graph.constrained, position) > 0
        ends_anywhere = graph.implicit and open_word
        first, after = np.int64(0), np.int64(len(active))
        # With a lexicon few tokens can follow inside a word: go through these.
        children = graph.constrained and graph.single and not ends_anywhere
        if children:
            first, after = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
            children = after - first <= len(active) + 1
            if not children:
                first, after = np.int64(0), np.int64(len(active))
        base = value - graph.ahead[position]
        reachable, after_end = value + graph.max_gain, base + graph.max_end_gain
        last_round = after + 1 if children and open_word and graph.separator >= 0 else after
        for i in range(first, last_round):
            child = np.int64(-2)
            if not children:
                token = active[i]
            elif i < after:
                child, token = np.int64(i), np.int64(graph.unit[i])
            else:
                token = np.int64(graph.separator)
            mass = (blank if token == last else both) + frame[token]
            lowest = bounds[_BEST] - graph.beam_threshold
            if mass == -np.inf:
                continue
            starts = graph.starts_word[token] != 0 and position != 0
            if token == graph.separator:
                rank = mass + after_end
                if not open_word or rank < lowest:
                    continue
                if rank < bounds[_LOWEST] and graph.lm_kind != _TOKEN_LM:
                    before = state.record_hashes[history]
                    if not _is_kept(
                        graph.word_first, graph.words, graph.constrained, node_text, before, position, token, marks
                    ):
                        continue
            elif quick and not starts and not ends_anywhere:
                if child == -2 and position >= 0:
                    low, high = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
                    child = _find(graph.unit, token, low, high)
                if child < 0:
                    if graph.constrained:
                        continue
                    child = np.int64(-1)
                new_value = base + graph.ahead[child]
                rank = mass + new_value
                if rank < lowest:
                    continue
                text = _mix(node_text, token + 1)
                identity = _mix(text, token)
                if rank < bounds[_LOWEST] and not marks[identity & _BITS]:
                    continue
                count = np.int64(bounds[_COUNT])
                rows[count, SLOT], rows[count, NEW_TOKEN], rows[count, NEW_HISTORY] = k, token, history
                rows[count, NEW_POSITION], rows[count, NEW_LM_STATE] = child, 0
                scores[count, MASS], scores[count, LARGEST], scores[count, NEW_LM] = mass, mass, 0.0
                scores[count, NEW_VALUE] = new_value
                hashes[count, TEXT], hashes[count, IDENTITY] = text, identity
                bounds[_COUNT] = count + 1
                if rank > bounds[_BEST]:
                    bounds[_BEST] = rank
                    bounds[_LOWEST] = max(bounds[_LOWEST], rank - graph.beam_threshold)
                continue
            elif not starts and not ends_anywhere and mass + reachable < lowest:
                continue
            where = np.int64(0 if starts else _INSIDE)
            if open_word and (starts or graph.implicit):
                where += _AFTER
            _extend(graph, lm, state, k, token, child, mass, where, bounds, rows, hashes, scores, marks)
    return num_prefixes


@njit(cache=True, nogil=True, error_model="numpy")
def _copy_row(rows, hashes, scores, source, to_rows, to_hashes, to_scores, target):
    for column in range(5):
        to_rows[target, column] = rows[source, column]
    for column in range(2):
        to_hashes[target, column] = hashes[source, column]
    for column in range(4):
        to_scores[target, column] = scores[source, column]


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
    bounds[_COUNT], bounds[_BEST] = 0, best
    bounds[_LOWEST] = lowest if num_prefixes == beam_size else -np.inf


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
                _copy_row(rows, hashes, scores, j, rows, hashes, scores, left)
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
def _nth_largest(values, size, n):
    """Return the n-th largest, from 1, of the first ``size`` values; their order changes."""
    first, last, place = np.int64(0), np.int64(size - 1), np.int64(n - 1)
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


@njit(cache=True, nogil=True, error_model="numpy")
def _ranks(state, stays, scores, count, ranks):
    """Fill in the rank of each prefix of the beam, then of each candidate, twice: the second may change its order."""
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(num_prefixes):
        ranks[0, k] = log_add(stays[k, BLANK_MASS], stays[k, LABEL_MASS]) + state.masses[k, VALUE]
    for j in range(count):
        ranks[0, num_prefixes + j] = scores[j, MASS] + scores[j, NEW_VALUE]
    for i in range(num_prefixes + count):
        ranks[1, i] = ranks[0, i]
    return num_prefixes + count


@njit(cache=True, nogil=True, error_model="numpy")
def _keep(beam_size, state, stays, rows, hashes, scores, ranks, size, worst):
    """Make the best prefixes the beam: those of the old beam in their order, then the new in theirs."""
    num_prefixes, counts, nodes = state.counts[NUM_PREFIXES], state.counts, state.nodes
    limit, at_limit = -np.inf, np.int64(size)
    if size > beam_size:
        limit = _nth_largest(ranks[1], size, beam_size)
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
            nodes[node, ENDS] = NO_ENDS
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
def _make_room(unique, beam_size, needed, state, stays, bounds, rows, hashes, scores, ranks, marks):
    """Leave out candidates that cannot stay, or return larger arrays where that does not help.

    Where each prefix comes from one other only (``unique``), a candidate that is below as many ranks as the beam has
    places is lost, if it is no prefix of the beam already.
    """
    count = np.int64(bounds[_COUNT])
    if len(ranks[0]) < state.counts[NUM_PREFIXES] + count:
        ranks = np.empty((2, 2 * (state.counts[NUM_PREFIXES] + count)))
    size = _ranks(state, stays, scores, count, ranks)
    if unique and size > beam_size:
        bounds[_LOWEST] = max(bounds[_LOWEST], _nth_largest(ranks[1], size, beam_size))
        left = 0
        for j in range(count):
            rank = scores[j, MASS] + scores[j, NEW_VALUE]
            if rank >= bounds[_LOWEST] or marks[hashes[j, IDENTITY] & _BITS]:
                _copy_row(rows, hashes, scores, j, rows, hashes, scores, left)
                left += 1
        bounds[_COUNT], bounds[_ROOM] = left, left + 2 * beam_size
    if bounds[_COUNT] + needed <= len(rows):
        return rows, hashes, scores, ranks
    more = 2 * (len(rows) + needed)
    new_rows, new_hashes, new_scores = (
        np.empty((more, 5), np.int32),
        np.empty((more, 2), np.uint64),
        np.empty((more, 4)),
    )
    for j in range(np.int64(bounds[_COUNT])):
        _copy_row(rows, hashes, scores, j, new_rows, new_hashes, new_scores, j)
    return new_rows, new_hashes, new_scores, ranks


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_beam(state, marks, value):
    """Set ``marks`` at what all identities of the beam have in their last bits."""
    for k in range(state.counts[NUM_PREFIXES]):
        marks[state.node_hashes[state.beam[k], IDENTITY] & _BITS] = value


@njit(cache=True, nogil=True, error_model="numpy")
def advance(graph, lm, state, log_probs):
    """Take frames [T, V] float64 in, and return how many: fewer than T where ``state`` must be made larger first."""
    num_classes = log_probs.shape[1]
    masked, active, bounds = np.empty(num_classes), np.empty(num_classes, np.int64), np.empty(4)
    rows, hashes = np.empty((_MIN_ROWS, 5), np.int32), np.empty((_MIN_ROWS, 2), np.uint64)
    scores, table, ranks = np.empty((_MIN_ROWS, 4)), np.empty(_MIN_ROWS, np.int32), np.empty((2, _MIN_ROWS))
    stays, marks = np.empty((256, 3)), np.zeros(1 << 14, np.bool_)
    for t in range(len(log_probs)):
        num_prefixes = state.counts[NUM_PREFIXES]
        if state.counts[NUM_RECORDS] + num_prefixes * graph.max_ends > len(state.records):
            return t
        if len(stays) < num_prefixes:
            stays = np.empty((2 * num_prefixes, 3))
        num_active = _allowed(graph.token_min_log_prob, log_probs[t], masked, active)
        _stay(graph.separator, graph.beam_size, state, masked, stays, bounds)
        if not graph.unique:
            bounds[_LOWEST] = -np.inf
        bounds[_LOWEST] = max(bounds[_LOWEST], bounds[_BEST] - graph.beam_threshold)
        _mark_beam(state, marks, True)
        bounds[_ROOM] = 3 * graph.beam_size if graph.unique else np.inf
        slot, needed = np.int64(0), np.int64((num_active + 1) * (graph.max_ends + 1))
        while True:
            slot = _go_on(
                graph, lm, state, masked, active[:num_active], stays, bounds, slot, needed, rows, hashes, scores, marks
            )  # fmt: skip
            if slot == num_prefixes:
                break
            rows, hashes, scores, ranks = _make_room(
                graph.unique, graph.beam_size, needed, state, stays, bounds, rows, hashes, scores, ranks, marks
            )  # fmt: skip
        _mark_beam(state, marks, False)
        count, worst = np.int64(bounds[_COUNT]), bounds[_BEST] - graph.beam_threshold
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
        size = _ranks(state, stays, scores, left, ranks)
        _keep(graph.beam_size, state, stays, rows, hashes, scores, ranks, size, worst)
        state.counts[NUM_FRAMES] += 1
    return len(log_probs)


@njit(cache=True, nogil=True, error_model="numpy")
def finish(graph, lm, state, unfinished, ends, scores):
    """Return the number of ways in which the beam's prefixes end if the utterance ends here.

    Args:
        graph: of the search.
        lm: its language model.
        state: records are added to it; room for them must be there.
        unfinished: leave out the open word of each prefix, for a beam that has no whole word sequence.
        ends: [beam * max_ends, 2] int64, filled in: record and node of each.
        scores: [beam * max_ends, 3] float64, filled in: parts of its score.
    """
    count = np.int64(0)
    for k in range(state.counts[NUM_PREFIXES]):
        node = np.int64(state.beam[k])
        position, first = np.int64(state.nodes[node, POSITION]), np.int64(state.nodes[node, HISTORY])
        num, final, token_node = np.int64(1), node, node
        if position != 0 and unfinished:
            final = np.int64(state.records[first, LAST_NODE])
        elif position != 0:
            num = _num_ends(graph.word_first, graph.constrained, position)
            if num:
                _end_word(graph, lm, state, node)
                first = np.int64(state.nodes[node, ENDS])
        elif state.nodes[node, PARENT] >= 0:  # the space at the end says nothing
            final = token_node = np.int64(state.nodes[node, PARENT])
        mass = log_add(state.masses[k, BLANK_MASS], state.masses[k, LABEL_MASS])
        for record in range(first, first + num):
            lm_score = state.record_scores[record, 0]
            if graph.lm_kind == _WORD_LM:
                lm_score += graph.lm_weight * ngram_score(lm, np.int64(state.records[record, WORD_LM_STATE]), END)[0]
            elif graph.lm_kind == _TOKEN_LM:
                lm_score += state.node_lms[token_node]
                lm_score += graph.lm_weight * ngram_score(lm, np.int64(state.nodes[token_node, LM_STATE]), END)[0]
            ends[count, 0], ends[count, 1] = record, final
            scores[count, 0], scores[count, 1], scores[count, 2] = mass, lm_score, state.record_scores[record, 1]
            count += 1
    return count
