"""From ARPA to the compiled form, in memory that does not grow with the number of n-grams.

Each order's n-grams are sorted by (node of their context, last word) through files, and land in that order in the
mapped output: this is the trie's breadth-first order. The vocabulary alone is held in memory.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from asr.compiled import njit
from asr.decoding.arpa import LOG_10, SPECIAL_WORDS, ArpaReader, NgramBlock, open_arpa
from asr.decoding.asrlm import (
    Words,
    allocate,
    as_ngram_arrays,
    ngram_shapes,
    open_arrays,
    stamp,
    word_arrays,
    write_model,
)
from asr.decoding.ngram import EMPTY_CONTEXT, NgramArrays, find_child, is_state
from asr.decoding.sorted_runs import SortedRuns
from asr.errors import LanguageModelError
from asr.files import replacing

DEFAULT_MEMORY = 500_000_000
UNKNOWN_LOG_PROB = -100 * LOG_10  # KenLM's, for a model without <unk>
_SPECIAL = tuple(word.encode() for word in SPECIAL_WORDS)
_RECORD = np.dtype([("key", np.int64), ("log_prob", np.float32), ("backoff", np.float32)])
_WORD_BITS = 31


def compile_arpa(
    source: Path,
    output: Path,
    *,
    memory: int = DEFAULT_MEMORY,
    quantised: bool = False,
) -> None:
    """Compile an ARPA file; ``output`` is written whole or not at all.

    Args:
        source: the ARPA file, plain or gzip.
        output: the compiled model.
        memory: bytes that sorting may take; the vocabulary comes on top.
        quantised: a byte in place of each float, as `asr.decoding.asrlm.write_model` says.

    Raises:
        LanguageModelError: ``source`` cannot be read or breaks the format.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as folder:
        if not quantised:
            with replacing(output) as part:
                _compile(source, part, Path(folder), memory, stamp(source))
            return
        whole = Path(folder) / "whole.asrlm"
        _compile(source, whole, Path(folder), memory, {})  # without a stamp: who opens the ARPA file gets its numbers
        _, arrays = open_arrays(whole)
        words = Words(arrays["words"], arrays["word_offsets"])
        write_model(output, as_ngram_arrays(arrays), map(words.spelled, range(len(words))), quantised=True)


def _compile(source: Path, output: Path, folder: Path, memory: int, facts: Mapping[str, Any]) -> None:
    with open_arpa(source) as reader:
        unigrams = _read_unigrams(reader)
        words = [*_SPECIAL, *sorted(unigrams.keys() - set(_SPECIAL))]
        counts = [len(words), *reader.counts[1:]]
        arrays = _allocate(output, facts, words, counts)
        _fill_unigrams(arrays, [unigrams[word] for word in words])
        filling = _Filling(reader, arrays, words)
        starts = np.cumsum([0, 1, *counts]).tolist()
        for order, start in enumerate(starts[2:-1], 2):
            runs = SortedRuns(folder, _RECORD, memory)
            for block in reader.section(order):
                runs.add(filling.records(block))
            filling.fill(runs.merged(), starts[order - 1], start)
            backoffs = arrays.backoff[starts[order - 1] : start]
            backoffs[np.isnan(backoffs)] = 0  # each is of an n-gram that is nobody's context
            link_suffixes(arrays, starts[order - 1], start)


def _read_unigrams(reader: ArpaReader) -> dict[bytes, tuple[float, float]]:
    found: dict[bytes, tuple[float, float]] = {}
    for block in reader.section(1):
        rows = zip(block.words, block.log_probs.tolist(), block.backoffs.tolist(), strict=True)
        for line, ((word,), log_prob, backoff) in enumerate(rows, block.first_line):
            word = b"<unk>" if word == b"<UNK>" else word
            if word in found:
                reader.fail(line, f"{word.decode(errors='replace')} is there twice")
            found[word] = log_prob, backoff
    found.setdefault(b"<unk>", (UNKNOWN_LOG_PROB, 0.0))
    for word in _SPECIAL:
        if word not in found:
            raise LanguageModelError(f"{reader.path}: {word.decode()} is not among its unigrams: make the model again")
    return found


def _allocate(path: Path, facts: Mapping[str, Any], words: list[bytes], counts: list[int]) -> NgramArrays:
    num_nodes, num_inner = 1 + sum(counts), 1 + sum(counts[:-1])
    fixed = word_arrays(words)
    shapes = ngram_shapes(num_nodes, num_inner) | {name: (len(a), a.dtype) for name, a in fixed.items()}
    arrays = allocate(path, {**facts, "order": len(counts)}, shapes)
    for name, array in fixed.items():
        arrays[name][:] = array
    return as_ngram_arrays(arrays)


def _fill_unigrams(arrays: NgramArrays, unigrams: list[tuple[float, float]]) -> None:
    numbers = np.array(unigrams, np.float32)
    end = 1 + len(unigrams)
    arrays.first_child[: min(2, len(arrays.first_child))] = [1, end][: len(arrays.first_child)]
    arrays.word[1:end] = np.arange(len(unigrams))
    arrays.log_prob[1:end] = numbers[:, 0]
    arrays.backoff[1:end] = numbers[: len(arrays.backoff) - 1, 1]


class _Filling:
    """The orders above the first on their way into the arrays."""

    def __init__(self, reader: ArpaReader, arrays: NgramArrays, words: list[bytes]) -> None:
        self._reader, self._arrays, self._words = reader, arrays, words
        self._index = {word: i for i, word in enumerate(words)} | {b"<UNK>": 0}

    def records(self, block: NgramBlock) -> np.ndarray:
        """Return the n-grams of a block as records to sort; contexts and words are checked."""
        order = len(block.words[0])
        flat = (self._index.get(word, -1) for words in block.words for word in words)
        words = np.fromiter(flat, np.int32, len(block.words) * order).reshape(-1, order)
        contexts = walk(self._arrays, words[:, :-1])
        known = contexts >= 0
        bad = (words < 0).any(axis=1) | ~known | np.isnan(self._arrays.backoff[np.where(known, contexts, 0)])
        if bad.any():
            self._name_bad(block, int(np.argmax(bad)), contexts, words)
        records = np.empty(len(words), _RECORD)
        records["key"] = contexts << _WORD_BITS | words[:, -1]
        records["log_prob"] = block.log_probs
        records["backoff"] = block.backoffs
        return records

    def fill(self, blocks: Iterator[np.ndarray], context_start: int, start: int) -> None:
        """Lay down one order's sorted records from node ``start`` on; their contexts begin at ``context_start``."""
        arrays, node = self._arrays, start
        for block in blocks:
            self._check_distinct(block, context_start)
            end = node + len(block)
            contexts = block["key"] >> _WORD_BITS
            arrays.word[node:end] = block["key"] & (1 << _WORD_BITS) - 1
            arrays.log_prob[node:end] = block["log_prob"]
            arrays.backoff[node:end] = block["backoff"][: max(len(arrays.backoff) - node, 0)]
            # How many children, one place on; the sum below makes starts of them.
            at, counts = np.unique(contexts, return_counts=True)
            arrays.first_child[at + 1] += counts.astype(np.int32)
            node = end
        arrays.first_child[context_start] = start
        contexts = arrays.first_child[context_start : start + 1]
        np.cumsum(contexts, out=contexts)

    def _name_bad(self, block: NgramBlock, row: int, contexts: np.ndarray, words: np.ndarray) -> None:
        line, spelled = block.first_line + row, block.words[row]
        context = _text(spelled[:-1])
        for word, index in zip(spelled, words[row], strict=True):
            if index < 0:
                self._reader.fail(line, f"{_text((word,))} is not among the unigrams")
        if contexts[row] < 0:
            self._reader.fail(line, f"its context {context!r} is not among the {len(spelled) - 1}-grams")
        where = self._reader.line_of(spelled[:-1])
        self._reader.fail(where, f"{context!r} has no back-off, but is the context of line {line}")

    def _check_distinct(self, block: np.ndarray, context_start: int) -> None:
        again = np.flatnonzero(np.diff(block["key"]) == 0)
        if not len(again):
            return
        key = int(block["key"][again[0]])
        words = (*self._spelled(key >> _WORD_BITS, context_start), self._words[key & (1 << _WORD_BITS) - 1])
        self._reader.fail(self._reader.line_of(words, occurrence=2), f"{_text(words)!r} is there twice")

    def _spelled(self, node: int, end: int) -> tuple[bytes, ...]:
        """Return the words of a node whose parent is below node ``end``."""
        first_child = self._arrays.first_child[: end + 1]
        words: tuple[bytes, ...] = ()
        while node != EMPTY_CONTEXT:
            words = (self._words[self._arrays.word[node]], *words)
            node = int(np.searchsorted(first_child, node, side="right")) - 1
        return words


def _text(words: tuple[bytes, ...]) -> str:
    return b" ".join(words).decode(errors="replace")


@njit(cache=True, nogil=True)
def walk(arrays, words):
    """Return the node [n] int64 of each row of words [n, k], -1 where there is none; negative words have none."""
    nodes = np.empty(len(words), np.int64)
    for i in range(len(words)):
        node = np.int64(EMPTY_CONTEXT)
        for word in words[i]:
            node = find_child(arrays, node, word) if word >= 0 else np.int64(-1)
            if node < 0:
                break
        nodes[i] = node
    return nodes


@njit(cache=True, nogil=True)
def link_suffixes(arrays, start, end):
    """Set the suffix of all children of nodes ``start`` to ``end`` - 1, one order's; shorter orders' are set."""
    for context in range(start, end):
        for node in range(arrays.first_child[context], arrays.first_child[context + 1]):
            word = arrays.word[node]
            shorter = np.int64(arrays.suffix[context])
            found = find_child(arrays, shorter, word)
            while found < 0:
                shorter = np.int64(arrays.suffix[shorter])
                found = find_child(arrays, shorter, word)
            arrays.suffix[node] = found if is_state(arrays, found) else arrays.suffix[found]
