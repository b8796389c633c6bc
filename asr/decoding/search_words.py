"""The compiled part of the search that knows of words: what a prefix is worth when its word ends, and at the end.

Words are scored once for each node in which they may end; what was found is a record of the history.
"""

import numpy as np

from asr.compiled import njit
from asr.decoding.ngram import END, UNKNOWN, ngram_score
from asr.decoding.search_math import find, log_add, mix
from asr.decoding.search_state import (
    BEFORE,
    BLANK_MASS,
    ENDS,
    HISTORY,
    HOT_STATE,
    LABEL_MASS,
    LAST_NODE,
    LENGTH,
    LM_STATE,
    NO_ENDS,
    NUM_PREFIXES,
    NUM_RECORDS,
    PARENT,
    POSITION,
    TEXT,
    WORD,
    WORD_LM_STATE,
)

NO_LM, WORD_LM, TOKEN_LM = 0, 1, 2
# What is hashed for the end of a word, and for words by number: above all numbers of units.
SPACE = 1 << 40
FIRST_WORD = SPACE + 1


@njit(cache=True, nogil=True, error_model="numpy")
def num_ends(word_first, constrained, position):
    """Return how many words may end at a position of the trie; an unknown word is one."""
    if constrained:
        return np.int64(word_first[position + 1] - word_first[position]) if position > 0 else np.int64(0)
    return np.int64(1)


@njit(cache=True, nogil=True, error_model="numpy")
def _hear_hotword(graph, state, word):
    """Return the hotwords' state after a word, of number -1 where it is in none."""
    if word < 0:
        return np.int64(0)
    while True:
        key = state * np.int64(graph.num_hotwords) + word
        place = find(graph.hot_keys, key, np.int64(0), np.int64(len(graph.hot_keys)))
        if place >= 0:
            return np.int64(graph.hot_targets[place])
        if state == 0:
            return np.int64(0)
        state = np.int64(graph.hot_fails[state])


@njit(cache=True, nogil=True, error_model="numpy")
def end_word(graph, lm, state, node):
    """Make the records of the words that may end in a node, if they are not there; they follow each other."""
    nodes, records, counts = state.nodes, state.records, state.counts
    if nodes[node, ENDS] != NO_ENDS:
        return
    nodes[node, ENDS] = counts[NUM_RECORDS]
    position, history = np.int64(nodes[node, POSITION]), np.int64(nodes[node, HISTORY])
    first = np.int64(graph.word_first[position]) if position > 0 else np.int64(0)
    known = np.int64(graph.word_first[position + 1]) - first if position > 0 else np.int64(0)
    for i in range(num_ends(graph.word_first, graph.constrained, position)):
        word = np.int64(graph.words[first + i]) if i < known else np.int64(-1)
        record = counts[NUM_RECORDS]
        counts[NUM_RECORDS] += 1
        records[record, BEFORE], records[record, WORD], records[record, LAST_NODE] = history, word, node
        records[record, WORD_LM_STATE] = records[history, WORD_LM_STATE]
        records[record, HOT_STATE] = 0
        score, bonus = state.record_scores[history, 0], state.record_scores[history, 1] + graph.word_bonus
        if graph.lm_kind == WORD_LM:
            lm_word = np.int64(graph.word_lm[word]) if word >= 0 else np.int64(UNKNOWN)
            log_prob, after = ngram_score(lm, np.int64(records[history, WORD_LM_STATE]), lm_word)
            score += graph.lm_weight * log_prob
            records[record, WORD_LM_STATE] = after
            if lm_word == UNKNOWN:
                bonus += graph.oov_penalty
            if word < 0:
                bonus += graph.oov_letter_penalty * state.nodes[node, LENGTH]
        if graph.num_hotwords:
            hot_word = np.int64(graph.word_hot[word]) if word >= 0 else np.int64(-1)
            hot_state = _hear_hotword(graph, np.int64(records[history, HOT_STATE]), hot_word)
            records[record, HOT_STATE] = hot_state
            bonus += graph.hot_outputs[hot_state]
        state.record_scores[record, 0], state.record_scores[record, 1] = score, bonus
        if graph.constrained:
            state.record_hashes[record] = mix(state.record_hashes[history], FIRST_WORD + word)
        else:
            state.record_hashes[record] = mix(state.node_hashes[node, TEXT], SPACE)


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
            num = num_ends(graph.word_first, graph.constrained, position)
            if num:
                end_word(graph, lm, state, node)
                first = np.int64(state.nodes[node, ENDS])
        elif state.nodes[node, PARENT] >= 0:  # the space at the end says nothing
            final = token_node = np.int64(state.nodes[node, PARENT])
        mass = log_add(state.masses[k, BLANK_MASS], state.masses[k, LABEL_MASS])
        for record in range(first, first + num):
            lm_score = state.record_scores[record, 0]
            if graph.lm_kind == WORD_LM:
                lm_score += graph.lm_weight * ngram_score(lm, np.int64(state.records[record, WORD_LM_STATE]), END)[0]
            elif graph.lm_kind == TOKEN_LM:
                lm_score += state.node_lms[token_node]
                lm_score += graph.lm_weight * ngram_score(lm, np.int64(state.nodes[token_node, LM_STATE]), END)[0]
            ends[count, 0], ends[count, 1] = record, final
            scores[count, 0], scores[count, 1], scores[count, 2] = mass, lm_score, state.record_scores[record, 1]
            count += 1
    return count
