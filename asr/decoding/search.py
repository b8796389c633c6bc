"""CTC prefix beam search over one utterance: log-probabilities in, scored word sequences out.

A prefix is kept in the form that its words have: it neither starts with a separator nor holds two in a row, and pieces
that spell the same text are the same text. So all alignments, spaces and segmentations of a word sequence are summed,
and all pronunciations that a lexicon gives its words (a label sequence counts once for each way in which the words
can be pronounced as it). A language model over tokens tells token sequences apart: these are summed at the end.

Scores: log-probability of the words, in which blank has a penalty, weight times log-probability by the language model,
bonuses. What ranks a prefix within the beam has besides the best that its open word can still add (look-ahead), taken
back when the word ends.
After each frame, in this order: prefixes and their extensions that rank ``beam_threshold`` below the best single one
are dropped, those of the same text are summed, and of the sums the ``beam_size`` best stay that are not below that
threshold themselves. Everything is in natural logarithms and float64.

Source: Graves, "Sequence Transduction with Recurrent Neural Networks" (2012), section 2.5; Hannun et al., "First-Pass
Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs" (arXiv:1408.2873), algorithm 1.
Look-ahead: Ortmanns et al., "Language-Model Look-Ahead for Large Vocabulary Speech Recognition" (1996), by unigrams.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from asr.decoding.hypothesis import Hypothesis, Score
from asr.decoding.search_graph import Graph, Vocabulary, build_graph, no_ngrams
from asr.decoding.search_kernel import advance
from asr.decoding.search_state import (
    HISTORY,
    LAST_NODE,
    NUM_FRAMES,
    NUM_PREFIXES,
    NUM_RECORDS,
    WORD,
    State,
    begin,
    compact,
    copy_into,
    forget,
    records_to,
    tokens_to,
)
from asr.decoding.search_words import finish
from asr.decoding.settings import DecoderSettings
from asr.errors import UtteranceError
from asr.tokens import BLANK

_CHUNK = 256  # frames that are copied to float64 at once
_FIRST_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Final:
    """A word sequence that the beam holds.

    Attributes:
        score: of it.
        record: the kernel's record of its words.
        node: the prefix whose tokens spell it.
    """

    score: Score
    record: int
    node: int


class Search:
    """A compiled search over one vocabulary under given weights; it holds nothing of an utterance.

    Attributes:
        vocabulary: its words and tokens.
        settings: its weights and what it drops.
    """

    def __init__(self, vocabulary: Vocabulary, settings: DecoderSettings) -> None:
        """Make what the kernel reads."""
        self.vocabulary, self.settings = vocabulary, settings
        self._graph: Graph = build_graph(vocabulary, settings)
        self._lm = vocabulary.lm.arrays if vocabulary.lm else no_ngrams()

    @cached_property
    def digest(self) -> bytes:
        """What tells this search from one of other tokens, words, models or settings: their states are not alike."""
        graph, labels = self._graph, self.vocabulary.tokens.labels
        found = hashlib.sha256(repr((labels, self.settings, graph.lm_kind, len(self._lm.word))).encode())
        for array in (graph.first_child, graph.unit, graph.words, graph.word_lm, graph.hot_keys, graph.hot_outputs):
            found.update(np.ascontiguousarray(array).data)
        return found.digest()

    def start(self) -> State:
        """Return the state of no frames."""
        state = self._allocated(_FIRST_ROWS, max(_FIRST_ROWS, 2 * self._graph.max_ends))
        begin(self._graph.lm_start, state)
        return state

    def _allocated(self, num_nodes: int, num_records: int) -> State:
        size = self.settings.beam_size
        return State(
            nodes=np.empty((num_nodes, 7), np.int32),
            node_hashes=np.empty((num_nodes, 2), np.uint64),
            node_lms=np.empty(num_nodes),
            records=np.empty((num_records, 5), np.int32),
            record_hashes=np.empty(num_records, np.uint64),
            record_scores=np.empty((num_records, 2)),
            beam=np.empty(size, np.int32),
            masses=np.empty((size, 3)),
            counts=np.zeros(4, np.int64),
        )

    def advance(self, state: State, log_probs: np.ndarray) -> State:
        """Return the state after more frames.

        Args:
            state: before them; its arrays are changed or taken over.
            log_probs: [T, V] natural log, checked; T may be 0.

        Raises:
            UtteranceError: no prefix is left: the frames allow nothing that the lexicon has.
        """
        for first in range(0, len(log_probs), _CHUNK):
            frames = self._prepared(log_probs[first : first + _CHUNK])
            while len(frames := frames[advance(self._graph, self._lm, state, frames) :]):
                state = self._with_room(state)
        if not state.counts[NUM_PREFIXES]:
            raise UtteranceError(
                f"no word sequence of the lexicon is possible in the {state.counts[NUM_FRAMES]} frames so far: "
                f"widen the beam, or add what is missing to the lexicon"
            )
        return state

    def _prepared(self, frames: np.ndarray) -> np.ndarray:
        """Return frames as float64 in which blank has its penalty, and the first separator stands for all."""
        frames = np.array(frames, np.float64, order="C")
        if self.settings.blank_penalty and len(frames):
            frames[:, BLANK] -= self.settings.blank_penalty
            frames -= np.logaddexp.reduce(frames, axis=1, keepdims=True)
        separators = list(self.vocabulary.units.separators)
        if len(separators) > 1:
            merged = np.logaddexp.reduce(frames[:, separators], axis=1)
            frames[:, separators] = -np.inf
            frames[:, separators[0]] = merged
        return frames

    def _with_room(self, state: State) -> State:
        """Return the state with what no prefix of the beam needs left out, and room for as much again and more."""
        compact(state)
        return copy_into(state, self.enlarged(state))

    def enlarged(self, state: State) -> State:
        """Return an empty state with room for what ``state`` holds, as much again and more."""
        num_nodes, num_records, num_prefixes, _ = state.counts.tolist()
        return self._allocated(
            2 * num_nodes + max(_FIRST_ROWS, self._most_new_nodes(num_prefixes)),
            2 * num_records + max(_FIRST_ROWS, 2 * num_prefixes * self._graph.max_ends),
        )

    def _most_new_nodes(self, num_prefixes: int) -> int:
        candidates = num_prefixes * len(self._graph.starts_word) * (1 + self._graph.max_ends)
        return min(self.settings.beam_size, candidates)

    def finals(self, state: State) -> tuple[State, list[Final]]:
        """Return the word sequences that the beam holds if the utterance ends here, best first, each once.

        Where every prefix ends inside a word that the lexicon does not have so, that word is left out. The state that
        is returned goes on as if nobody had asked.
        """
        needed = state.counts[NUM_RECORDS] + state.counts[NUM_PREFIXES] * self._graph.max_ends
        if needed > len(state.records):
            state = self._with_room(state)
        for unfinished in (False, True):
            found = self._ends(state, unfinished)
            if found:
                break
        return state, found

    def _ends(self, state: State, unfinished: bool) -> list[Final]:
        most = int(state.counts[NUM_PREFIXES]) * self._graph.max_ends
        ends, scores = np.empty((most, 2), np.int64), np.empty((most, 3))
        count = finish(self._graph, self._lm, state, unfinished, ends, scores)
        ends, scores = ends[:count], scores[:count]
        sums, best = _summed(state.record_hashes[ends[:, 0]], scores)
        parts = scores[best]
        parts[:, 0] = sums - (parts[:, 1] + parts[:, 2])
        order = np.argsort(-sums, kind="stable")
        rows = zip(parts[order].tolist(), ends[best][order].tolist(), strict=True)
        return [Final(Score(*score), record, node) for score, (record, node) in rows]

    def hypothesis(self, state: State, final: Final) -> Hypothesis:
        """Return what a final of ``state`` says."""
        labels = self._labels(state, final.node)
        text = self._text(state, final.record) if self.vocabulary.constrained else self.vocabulary.tokens.decode(labels)
        return Hypothesis(text, labels, final.score)

    def stable(self, state: State) -> str:
        """Return the words that every prefix of the beam begins with, and so every hypothesis that can still come."""
        chains = {tuple(records_to(state.records, record).tolist()) for record in self._histories(state)}
        hashes = [[int(state.record_hashes[record]) for record in chain] for chain in chains]
        common = next((n for n, column in enumerate(zip(*hashes, strict=False)) if len(set(column)) > 1), None)
        depth = min(map(len, hashes)) if common is None else common
        chain = next(iter(chains))[:depth]
        if not chain:
            return ""
        if self.vocabulary.constrained:
            return self._text(state, chain[-1])
        return self.vocabulary.tokens.decode(self._labels(state, int(state.records[chain[-1], LAST_NODE])))

    def forget(self, state: State, num_words: int) -> State:
        """Return the state without the first words of the best hypothesis, and without prefixes that begin with others.

        Scores, language model and hotwords go on after these words. Where all prefixes begin with them, what can still
        be found is what would have been.

        Args:
            state: its arrays are changed or taken over.
            num_words: at least 1, at most `num_ended`.
        """
        state, finals = self.finals(state)
        forget(state, int(records_to(state.records, finals[0].record)[num_words - 1]), num_words)
        return self._with_room(state)

    def num_ended(self, state: State) -> tuple[State, int]:
        """Return the state, and how many words of the best hypothesis have ended in a prefix of the beam."""
        state, finals = self.finals(state)
        best = state.record_hashes[records_to(state.records, finals[0].record)]
        chains = [state.record_hashes[records_to(state.records, record)] for record in self._histories(state)]
        # A word's hash is that of all words up to it.
        return state, max(int(np.isin(best, chain).sum()) for chain in chains)

    def _histories(self, state: State) -> set[int]:
        beam = state.beam[: state.counts[NUM_PREFIXES]]
        return set(state.nodes[beam, HISTORY].tolist())

    def _labels(self, state: State, node: int) -> tuple[int, ...]:
        """Return the labels of a prefix but those of forgotten words."""
        labels = tokens_to(state.nodes, node)[state.records[0, LAST_NODE] + 1 :].tolist()
        first = next((at for at, label in enumerate(labels) if label not in self.vocabulary.units.separators), 0)
        return tuple(labels[first:])

    def _text(self, state: State, record: int) -> str:
        texts, words = self.vocabulary.words.texts, state.records[records_to(state.records, record), WORD]
        return " ".join([texts[int(word)] for word in words])


def _summed(words: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up what says the same words: return the sums, and which row of each is the best.

    Args:
        words: [E] uint64, hashes of word sequences.
        scores: [E, 3] parts of scores; those that are not acoustic are alike where a model's unit is a word.
    """
    totals = scores.sum(axis=1)
    order = np.lexsort((-totals, words))  # the best of each first
    words, totals = words[order], totals[order]
    starts = np.flatnonzero(np.append(True, words[1:] != words[:-1])[: len(words)])
    return np.logaddexp.reduceat(totals, starts) if len(starts) else totals, order[starts]
