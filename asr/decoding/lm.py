"""Word n-gram models: opened in milliseconds, scored as KenLM scores them.

A model is a compiled file (`asr.decoding.asrlm`), or an ARPA file that is compiled once and kept. Logarithms are
natural.
"""

import hashlib
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asr.decoding.asrlm import SUFFIX, Words, open_arrays, stamp, stored_ngrams
from asr.decoding.ngram import EMPTY_CONTEXT, END, START, UNKNOWN, NgramArrays, ngram_score, score_words
from asr.decoding.single_text import refuse_single_text
from asr.errors import LanguageModelError


class LanguageModel:
    """An n-gram model.

    Attributes:
        path: the file that was named.
        order: words of the longest n-grams.
        arrays: what the search's kernel reads.
        words: spelling by index; 0 is ``<unk>``, 1 ``<s>``, 2 ``</s>``.
        start: the state after ``<s>``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a compiled model or an ARPA file, plain or gzip.

        An ARPA file is compiled first, beside itself where the folder is the user's, else into the user's cache, and
        found there the next time as long as it has the same size and time of change.

        Raises:
            LanguageModelError: the file cannot be read, or breaks its format.
        """
        self.path = Path(path)
        facts, arrays = open_arrays(self.path if self.path.suffix == SUFFIX else _compiled(self.path))
        self.order: int = facts["order"]
        self.arrays: NgramArrays = stored_ngrams(arrays)
        self.words = Words(arrays["words"], arrays["word_offsets"])
        self.start: int = int(ngram_score(self.arrays, EMPTY_CONTEXT, START)[1])

    def index(self, word: str) -> int:
        """Return the index of a word, 0 (``<unk>``) for one that the model does not have."""
        return self.words.find(word)

    def log_probs(self, words: Sequence[str], *, start: bool = True, end: bool = True) -> np.ndarray:
        """Return log p of each word given those before it, [W] float32, or [W + 1] with the sentence's ``end``."""
        indices = [self.index(word) for word in refuse_single_text(words, "words")] + [END] * end
        state = self.start if start else EMPTY_CONTEXT
        return score_words(self.arrays, state, np.array(indices, np.int32))[0]

    def score(self, words: Sequence[str], *, start: bool = True, end: bool = True) -> float:
        """Return log p of words in a row.

        Args:
            words: of one sentence, without ``<s>`` and ``</s>``.
            start: whether they begin a sentence.
            end: whether the sentence ends after them.

        Raises:
            ConfigError: ``words`` is one text.
        """
        return float(self.log_probs(words, start=start, end=end).sum(dtype=np.float64))

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> "Perplexity":
        """Return how well the model predicts sentences, each a sequence of words."""
        total = known = 0.0
        num_sentences = num_words = num_unknown = 0
        for words in refuse_single_text(sentences, "sentences"):
            indices = np.array([*self.words.find_all(refuse_single_text(words, "words")), END], np.int32)
            log_probs = score_words(self.arrays, self.start, indices)[0].astype(np.float64)
            unknown = indices == UNKNOWN
            total += log_probs.sum()
            known += log_probs[~unknown].sum()
            num_sentences += 1
            num_words += len(words)
            num_unknown += int(unknown.sum())
        return Perplexity(num_sentences, num_words, num_unknown, float(total), float(known))


@dataclass(frozen=True, slots=True)
class Perplexity:
    """What a model makes of a text.

    Attributes:
        sentences: their number; the end of each is predicted too.
        words: their number, without the ends.
        unknown: how many of the words the model does not have.
        log_prob: of words and ends.
        known_log_prob: of known words and ends.
    """

    sentences: int
    words: int
    unknown: int
    log_prob: float
    known_log_prob: float

    @property
    def perplexity(self) -> float:
        """Per word and end, unknown words as ``<unk>``; NaN for no text."""
        return _perplexity(self.log_prob, self.words + self.sentences)

    @property
    def known_perplexity(self) -> float:
        """Per known word and end: unknown words are contexts, but not predicted; NaN for none."""
        return _perplexity(self.known_log_prob, self.words + self.sentences - self.unknown)


def _perplexity(log_prob: float, count: int) -> float:
    return math.exp(-log_prob / count) if count else math.nan


def _compiled(source: Path) -> Path:
    """Return the compiled form of an ARPA file, which is made where there is none of this very file."""
    wanted = stamp(source)
    place = compiled_name(source)
    found = _stamp_of(place)
    of_another = found is not None and found["source"] != source.name
    if found != wanted and (of_another or not _is_users(source.parent)):
        place = _cached(source)
        found = _stamp_of(place)
    if found == wanted:
        return place
    from asr.decoding.compile_lm import compile_arpa

    compile_arpa(source, place)
    return place


def compiled_name(source: Path) -> Path:
    """Return where the compiled form of an ARPA file belongs: beside it.

    >>> compiled_name(Path("books.arpa.gz"))
    PosixPath('books.asrlm')
    """
    name = source.name.removesuffix(".gz").removesuffix(".arpa")
    return source.with_name(name + SUFFIX)


def _stamp_of(path: Path) -> dict[str, Any] | None:
    """Return of what file a compiled model says that it was made; None where there is no such model."""
    if not path.exists():
        return None
    try:
        facts, _ = open_arrays(path)
    except LanguageModelError:
        return None
    return {name: facts.get(name) for name in ("source", "source_bytes", "source_time_ns")}


def _is_users(folder: Path) -> bool:
    return folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK)


def _cached(source: Path) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]
    return cache / "keras-asr" / f"{compiled_name(source).stem}-{name}{SUFFIX}"
