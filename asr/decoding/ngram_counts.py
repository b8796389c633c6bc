"""Counting n-grams in memory that does not grow with the text.

The words become numbers in a file. Then order after order: each position's key is (node of the n-gram before it, word),
keys are counted in sorted runs, and merged they are the next level of a trie, as in `asr.decoding.ngram`. So any order
is counted exactly with keys of 64 bits. All tables are files, mapped into memory.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.compiled import njit
from asr.decoding.arpa import SPECIAL_WORDS
from asr.decoding.ngram import START, UNKNOWN, find_child
from asr.decoding.sorted_runs import SortedRuns
from asr.errors import LanguageModelError

_RECORD = np.dtype([("key", np.int64), ("count", np.int64)])
_WORD_BITS = 31
_BYTES_PER_POSITION = 64  # of sorting and counting one key


class Trie(NamedTuple):
    """All n-grams of a text as a trie; see `asr.decoding.ngram.NgramArrays` for its layout.

    Attributes:
        first_child: [I + 1] int32.
        word: [N] int32.
        count: [N] int64, how often the n-gram occurs; of the root, how many words and sentence ends there are.
    """

    first_child: np.ndarray
    word: np.ndarray
    count: np.ndarray


@dataclass(frozen=True, slots=True)
class NgramCounts:
    """What was counted.

    Attributes:
        words: spelling of each word as UTF-8: the special ones, then in order of bytes.
        trie: the n-grams.
        starts: first node of each level, with the number of nodes at the end.
    """

    words: list[bytes]
    trie: Trie
    starts: list[int]


class Encoded:
    """A text as numbers in a file, and its vocabulary."""

    def __init__(self, blocks: Iterable[list[str]], folder: Path) -> None:
        """Read all sentences, and keep them in ``folder`` as numbers."""
        self._path = folder / "words"
        self._vocabulary = _Numbering()
        for word in SPECIAL_WORDS:
            _ = self._vocabulary[word]
        self.num_sentences = 0
        counts = np.zeros(0, np.int64)
        with self._path.open("wb") as file:
            for sentences in blocks:
                words = " ".join(f"<s> {sentence} </s>" for sentence in sentences).split()
                numbers = np.fromiter(map(self._vocabulary.__getitem__, words), np.int32, len(words))
                numbers.tofile(file)
                self.num_sentences += len(sentences)
                found = np.bincount(numbers, minlength=len(self._vocabulary))
                found[: len(counts)] += counts
                counts = found
        if not self.num_sentences:
            raise LanguageModelError("the text has no sentence: name files with a sentence on each line")
        self._counts = counts

    def numbered(self, min_count: int, vocabulary: Iterable[str] | None) -> tuple[list[bytes], np.ndarray]:
        """Return the words [W] of a model and the text [T] int32 as their indices, each sentence in ``<s> ... </s>``.

        Args:
            min_count: words that are rarer become ``<unk>``.
            vocabulary: the words that the model shall have, seen or not, others become ``<unk>``; None for all seen.
        """
        if vocabulary is None:
            seen = zip(self._vocabulary, self._counts.tolist(), strict=True)
            vocabulary = [word for word, count in seen if count >= min_count]
        chosen = {word.encode() for word in vocabulary if word not in SPECIAL_WORDS}
        words = [*(word.encode() for word in SPECIAL_WORDS), *sorted(chosen)]
        index = {word: i for i, word in enumerate(words)}
        new = np.array([index.get(word.encode(), UNKNOWN) for word in self._vocabulary], np.int32)
        text = np.memmap(self._path, np.int32, "r+")
        for start in range(0, len(text), 1 << 20):
            text[start : start + (1 << 20)] = new[text[start : start + (1 << 20)]]
        return words, text


class _Numbering(dict[str, int]):
    """Gives each new word the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def count_ngrams(
    words: list[bytes],
    text: np.ndarray,
    order: int,
    folder: Path,
    *,
    memory: int,
    jobs: int = 1,
    report: Callable[[str], None] = lambda line: None,
) -> NgramCounts:
    """Count all n-grams up to an order that lie within a sentence.

    Args:
        words: as `Encoded.numbered` gives them.
        text: [T] int32 likewise.
        order: of the longest n-grams, at least 1.
        folder: for the tables, which live as long as it does.
        memory: bytes that sorting may take.
        jobs: threads that sort.
        report: is told how many n-grams each order has.
    """
    table = _Table(folder)
    counts = np.bincount(text, minlength=len(words))
    table.append([0], [counts.sum() - counts[START]])
    table.append(np.arange(len(words)), counts)
    table.set_children([1, 1 + len(words)])
    starts = [0, 1, 1 + len(words)]
    nodes = np.memmap(folder / "nodes", np.int32, "w+", shape=text.shape)
    np.add(text, 1, out=nodes)
    for length in range(2, order + 1):
        runs = SortedRuns(folder, _RECORD, memory // 2)
        _count_level(text, nodes, runs, memory // 2, jobs)
        table.add_level(runs, starts)
        report(f"{starts[-1] - starts[-2]:,} {length}-grams")
        if length < order:
            _step(table.trie(), text, nodes)
    return NgramCounts(words, table.trie(), starts)


def _count_level(text: np.ndarray, nodes: np.ndarray, runs: SortedRuns, memory: int, jobs: int) -> None:
    """Count (node before, word) over all positions, in blocks."""
    size = max(memory // (_BYTES_PER_POSITION * jobs), 2)

    def count(start: int) -> np.ndarray:
        words = text[start : start + size]
        before = nodes[start - 1 : start - 1 + len(words)]
        inside = (words != START) & (before >= 0)
        keys, counts = np.unique(before[inside].astype(np.int64) << _WORD_BITS | words[inside], return_counts=True)
        records = np.empty(len(keys), _RECORD)
        records["key"], records["count"] = keys, counts
        return records

    starts = range(1, len(text), size)
    with ThreadPoolExecutor(jobs) as pool:
        for i in range(0, len(starts), jobs):  # no more blocks at a time than there are threads
            for records in pool.map(count, starts[i : i + jobs]):
                runs.add(records)


@njit(cache=True, nogil=True)
def _step(trie, text, nodes):
    """Replace the node [T] of the n-gram that ends at each position by that of the n-gram one word longer, or -1."""
    before = np.int64(-1)
    for i in range(len(text)):
        shorter = np.int64(nodes[i])
        word = text[i]
        nodes[i] = find_child(trie, before, word) if before >= 0 and word != START else np.int64(-1)
        before = shorter


class _Table:
    """A trie's arrays as files that grow level by level."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trie(self) -> Trie:
        return Trie(
            self._mapped("first_child", np.int32), self._mapped("word", np.int32), self._mapped("count", np.int64)
        )

    def append(self, words: Sequence[int] | np.ndarray, counts: Sequence[int] | np.ndarray) -> None:
        self._append("word", np.asarray(words, np.int32))
        self._append("count", np.asarray(counts, np.int64))

    def set_children(self, first: Sequence[int]) -> None:
        self._append("first_child", np.asarray(first, np.int32))

    def add_level(self, runs: SortedRuns, starts: list[int]) -> None:
        """Append the n-grams that ``runs`` holds, with contexts in the last level, and their start to ``starts``."""
        context_start, start = starts[-2:]
        self._append("first_child", np.zeros(start - context_start, np.int32))
        first_child = self._mapped("first_child", np.int32)
        end = start
        for block in runs.merged():
            heads = np.flatnonzero(np.diff(block["key"], prepend=-1))
            keys = block["key"][heads]
            self.append(keys & (1 << _WORD_BITS) - 1, np.add.reduceat(block["count"], heads))
            at, counts = np.unique(keys >> _WORD_BITS, return_counts=True)
            first_child[at + 1] += counts.astype(np.int32)  # how many, one place on: summed, they are starts
            end += len(keys)
        first_child[context_start] = start
        np.cumsum(first_child[context_start:], out=first_child[context_start:])
        starts.append(end)

    def _append(self, name: str, values: np.ndarray) -> None:
        with (self._folder / name).open("ab") as file:
            values.tofile(file)

    def _mapped(self, name: str, dtype: type[np.generic]) -> np.ndarray:
        return np.asarray(np.memmap(self._folder / name, dtype, "r+"))
