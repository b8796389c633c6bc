"""The compiled part of the search that finds how the beam's prefixes may go on in a frame: its candidates.

Most tokens after most prefixes are hopeless, so that most of the time goes into finding that out cheaply: what ranks
below what the beam will keep is left out, unless it adds to a prefix that the beam has.
"""

import numpy as np

from asr.compiled import njit
from asr.decoding.ngram import ngram_score
from asr.decoding.search_math import find, log_add, mix, nth_largest
from asr.decoding.search_state import (
    BLANK_MASS,
    ENDS,
    HISTORY,
    HOT_STATE,
    IDENTITY,
    LABEL_MASS,
    LENGTH,
    LM_STATE,
    NUM_PREFIXES,
    POSITION,
    TEXT,
    TOKEN,
    VALUE,
)
from asr.decoding.search_words import FIRST_WORD, SPACE, TOKEN_LM, end_word, num_ends

# Columns of the candidates' arrays.
SLOT, NEW_TOKEN, NEW_HISTORY, NEW_POSITION, NEW_LM_STATE, NEW_LENGTH = range(6)
MASS, NEW_VALUE, NEW_LM, LARGEST = range(4)
# Of a frame: candidates so far, the best rank, the rank below which what is no prefix of the beam is lost, and the
# number of candidates from which on these bounds are worth making anew.
COUNT, BEST, LOWEST, ROOM = range(4)
NUM_MARKS = 1 << 14
_BITS = np.uint64(NUM_MARKS - 1)  # of an identity, for `mark_beam`
_INSIDE, _AFTER = 1, 2  # where a token stands: see `_extend`


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(graph, position, token):
    """Return where a token leads in the trie, -1 outside."""
    for i in range(graph.unit_first[token], graph.unit_first[token + 1]):
        if position >= 0:
            first, last = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
            position = find(graph.unit, graph.units[i], first, last)
    return position


@njit(cache=True, nogil=True, error_model="numpy")
def _spelled(unit_first, units, text, token):
    """Return the hash of a text with what a token adds to it."""
    for i in range(unit_first[token], unit_first[token + 1]):
        text = mix(text, np.int64(units[i]) + 1)
    return text


@njit(cache=True, nogil=True, error_model="numpy")
def _credit(graph, hot_state, position):
    """Return what the hotword that is under way is worth, of several the one that is worth most."""
    best = 0.0
    while position >= 0:
        key = hot_state * np.int64(len(graph.unit)) + position
        place = find(graph.credit_keys, key, np.int64(0), np.int64(len(graph.credit_keys)))
        if place >= 0:
            best = max(best, graph.credits[place])
        if hot_state == 0:
            break
        hot_state = np.int64(graph.hot_fails[hot_state])
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def _ahead(ahead, letter_penalty, position, length):
    """Return the best that an open word of so many units can add; outside the trie (-1) it is an unknown one."""
    return ahead[position] if position >= 0 else ahead[-1] + letter_penalty * length


@njit(cache=True, nogil=True, error_model="numpy")
def _push(graph, lm, state, slot, token, history, ended, position, text, mass, bounds, rows, hashes, scores, marks):
    """Add a candidate if it ranks high enough: ``history`` with an open word at ``position`` that spells ``text``."""
    node, count = np.int64(state.beam[slot]), np.int64(bounds[COUNT])
    length = np.int64(graph.unit_first[token + 1] - graph.unit_first[token])
    if not ended:
        length += state.nodes[node, LENGTH]
    value = state.record_scores[history, 0] + state.record_scores[history, 1]
    value += _ahead(graph.ahead, graph.oov_letter_penalty, position, length)
    if graph.num_hotwords:
        value += _credit(graph, np.int64(state.records[history, HOT_STATE]), position)
    identity = mix(text, token)
    if graph.lm_kind == TOKEN_LM:
        log_prob, after = ngram_score(lm, np.int64(state.nodes[node, LM_STATE]), np.int64(graph.token_lm[token]))
        scores[count, NEW_LM] = state.node_lms[node] + graph.lm_weight * log_prob
        rows[count, NEW_LM_STATE] = after
        value += scores[count, NEW_LM]
        identity = mix(state.node_hashes[node, IDENTITY], token)
        if ended:
            identity = mix(identity, np.int64(state.record_hashes[history]))
    else:
        scores[count, NEW_LM] = 0.0
        rows[count, NEW_LM_STATE] = 0
    rank = mass + value
    if rank < bounds[LOWEST] and (rank < bounds[BEST] - graph.beam_threshold or not marks[identity & _BITS]):
        return
    rows[count, SLOT], rows[count, NEW_TOKEN] = slot, token
    rows[count, NEW_HISTORY], rows[count, NEW_POSITION], rows[count, NEW_LENGTH] = history, position, length
    scores[count, MASS] = scores[count, LARGEST] = mass
    scores[count, NEW_VALUE] = value
    hashes[count, TEXT], hashes[count, IDENTITY] = text, identity
    bounds[COUNT] = count + 1
    if rank > bounds[BEST]:
        bounds[BEST] = rank
        bounds[LOWEST] = max(bounds[LOWEST], rank - graph.beam_threshold)


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
    end_word(graph, lm, state, node)
    first = np.int64(state.nodes[node, ENDS])
    for record in range(first, first + num_ends(graph.word_first, graph.constrained, position)):
        text = _spelled(graph.unit_first, graph.units, state.record_hashes[record], token)
        _push(
            graph, lm, state, slot, token, record, np.int64(1), start, text, mass, bounds, rows, hashes, scores, marks
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_kept(word_first, words, constrained, text, history_hash, position, token, marks):
    """Return whether the beam may have what an open word that spells ``text`` becomes by a separator."""
    if not constrained:
        return marks[mix(mix(text, SPACE), token) & _BITS]
    for i in range(word_first[position], word_first[position + 1]):
        if marks[mix(mix(history_hash, FIRST_WORD + np.int64(words[i])), token) & _BITS]:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def go_on(graph, lm, state, frame, active, stays, bounds, first_slot, needed, rows, hashes, scores, marks):
    """Add the candidates of the prefixes from ``first_slot`` on, and return the prefix before which room ran out.

    ``needed`` is the room that one prefix may take. What is most of the work stands here and not in functions of its
    own: each call costs more than a candidate.
    """
    # Then nothing but the look-ahead differs between tokens inside a word.
    quick = graph.single and graph.lm_kind != TOKEN_LM and graph.num_hotwords == 0
    num_prefixes = state.counts[NUM_PREFIXES]
    for k in range(first_slot, num_prefixes):
        if bounds[COUNT] > bounds[ROOM] or bounds[COUNT] + needed > len(rows):
            return k
        node = np.int64(state.beam[k])
        last, position = np.int64(state.nodes[node, TOKEN]), np.int64(state.nodes[node, POSITION])
        history, node_text = np.int64(state.nodes[node, HISTORY]), state.node_hashes[node, TEXT]
        blank, both, value = state.masses[k, BLANK_MASS], stays[k, VALUE], state.masses[k, VALUE]
        open_word = position != 0 and num_ends(graph.word_first, graph.constrained, position) > 0
        ends_anywhere = graph.implicit and open_word
        first, after = np.int64(0), np.int64(len(active))
        # With a lexicon few tokens can follow inside a word: go through these.
        children = graph.constrained and graph.single and not ends_anywhere
        if children:
            first, after = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
            children = after - first <= len(active) + 1
            if not children:
                first, after = np.int64(0), np.int64(len(active))
        length = np.int64(state.nodes[node, LENGTH])
        base = value - _ahead(graph.ahead, graph.oov_letter_penalty, position, length)
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
            lowest = bounds[BEST] - graph.beam_threshold
            if mass == -np.inf:
                continue
            starts = graph.starts_word[token] != 0 and position != 0
            if token == graph.separator:
                rank = mass + after_end
                if not open_word or rank < lowest:
                    continue
                if rank < bounds[LOWEST] and graph.lm_kind != TOKEN_LM:
                    before = state.record_hashes[history]
                    if not _is_kept(
                        graph.word_first, graph.words, graph.constrained, node_text, before, position, token, marks
                    ):
                        continue
            elif quick and not starts and not ends_anywhere:
                if child == -2 and position >= 0:
                    low, high = np.int64(graph.first_child[position]), np.int64(graph.first_child[position + 1])
                    child = find(graph.unit, token, low, high)
                if child < 0:
                    if graph.constrained:
                        continue
                    child = np.int64(-1)
                new_value = base + _ahead(graph.ahead, graph.oov_letter_penalty, child, length + 1)
                rank = mass + new_value
                if rank < lowest:
                    continue
                text = mix(node_text, token + 1)
                identity = mix(text, token)
                if rank < bounds[LOWEST] and not marks[identity & _BITS]:
                    continue
                count = np.int64(bounds[COUNT])
                rows[count, SLOT], rows[count, NEW_TOKEN], rows[count, NEW_HISTORY] = k, token, history
                rows[count, NEW_POSITION], rows[count, NEW_LM_STATE], rows[count, NEW_LENGTH] = child, 0, length + 1
                scores[count, MASS], scores[count, LARGEST], scores[count, NEW_LM] = mass, mass, 0.0
                scores[count, NEW_VALUE] = new_value
                hashes[count, TEXT], hashes[count, IDENTITY] = text, identity
                bounds[COUNT] = count + 1
                if rank > bounds[BEST]:
                    bounds[BEST] = rank
                    bounds[LOWEST] = max(bounds[LOWEST], rank - graph.beam_threshold)
                continue
            elif not starts and not ends_anywhere and mass + reachable < lowest:
                continue
            where = np.int64(0 if starts else _INSIDE)
            if open_word and (starts or graph.implicit):
                where += _AFTER
            _extend(graph, lm, state, k, token, child, mass, where, bounds, rows, hashes, scores, marks)
    return num_prefixes


@njit(cache=True, nogil=True, error_model="numpy")
def copy_row(rows, hashes, scores, source, to_rows, to_hashes, to_scores, target):
    """Copy one candidate."""
    for column in range(6):
        to_rows[target, column] = rows[source, column]
    for column in range(2):
        to_hashes[target, column] = hashes[source, column]
    for column in range(4):
        to_scores[target, column] = scores[source, column]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_ranks(state, stays, scores, count, ranks):
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
def make_room(unique, beam_size, needed, state, stays, bounds, rows, hashes, scores, ranks, marks):
    """Leave out candidates that cannot stay, or return larger arrays where that does not help.

    Where each prefix comes from one other only (``unique``), a candidate that is below as many ranks as the beam has
    places is lost, if it is no prefix of the beam already.
    """
    count = np.int64(bounds[COUNT])
    if len(ranks[0]) < state.counts[NUM_PREFIXES] + count:
        ranks = np.empty((2, 2 * (state.counts[NUM_PREFIXES] + count)))
    size = fill_ranks(state, stays, scores, count, ranks)
    if unique and size > beam_size:
        bounds[LOWEST] = max(bounds[LOWEST], nth_largest(ranks[1], size, beam_size))
        left = 0
        for j in range(count):
            rank = scores[j, MASS] + scores[j, NEW_VALUE]
            if rank >= bounds[LOWEST] or marks[hashes[j, IDENTITY] & _BITS]:
                copy_row(rows, hashes, scores, j, rows, hashes, scores, left)
                left += 1
        bounds[COUNT], bounds[ROOM] = left, left + 2 * beam_size
    if bounds[COUNT] + needed <= len(rows):
        return rows, hashes, scores, ranks
    more = 2 * (len(rows) + needed)
    new_rows, new_hashes, new_scores = (
        np.empty((more, 6), np.int32),
        np.empty((more, 2), np.uint64),
        np.empty((more, 4)),
    )
    for j in range(np.int64(bounds[COUNT])):
        copy_row(rows, hashes, scores, j, new_rows, new_hashes, new_scores, j)
    return new_rows, new_hashes, new_scores, ranks


@njit(cache=True, nogil=True, error_model="numpy")
def mark_beam(state, marks, value):
    """Set ``marks`` at what all identities of the beam have in their last bits."""
    for k in range(state.counts[NUM_PREFIXES]):
        marks[state.node_hashes[state.beam[k], IDENTITY] & _BITS] = value
