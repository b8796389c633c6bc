"""Errors on words that the training text never had."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from asr.decoding.lm_text import read_blocks
from asr.report.errors import WordCount, most_frequent
from asr.scoring.score import ScoredUtterance
from asr.scoring.transcripts import SUFFIXES, read_transcripts
from asr.text import Normaliser


@dataclass(frozen=True, slots=True)
class TrainingText:
    """What a recogniser was trained on.

    Attributes:
        source: what it was read from, as the user named it.
        words: that it has, normalised as the texts that are compared.
    """

    source: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class UnseenWords:
    """Errors on words of the references that the training text never had, beside those that it had.

    Attributes:
        source: what the training text was read from.
        words: reference words that the training text lacks, each time counted.
        errors: of them, those substituted or deleted.
        seen_words: reference words that it has.
        seen_errors: likewise.
        most_frequent: unseen words missed most often.
    """

    source: str
    words: int
    errors: int
    seen_words: int
    seen_errors: int
    most_frequent: tuple[WordCount, ...]


def read_training_text(paths: Iterable[Path], normalise: Normaliser) -> TrainingText:
    """Return the words of plain texts (also gzip, xz), manifests or other files of transcripts, as the suffix says.

    Raises:
        LanguageModelError: a plain text cannot be read or is not UTF-8.
        ManifestError: transcripts cannot be read or break their format.
    """
    paths = list(paths)
    words = {word for path in paths for sentence in _sentences(path, normalise) for word in sentence.split()}
    return TrainingText(", ".join(map(str, paths)), frozenset(words))


def _sentences(path: Path, normalise: Normaliser) -> Iterator[str]:
    if path.suffix.lower() in SUFFIXES:
        return map(normalise, read_transcripts(path, "references").texts.values())
    return itertools.chain.from_iterable(read_blocks([path], normalise))


def unseen_words(utterances: Iterable[ScoredUtterance], text: TrainingText) -> UnseenWords:
    """Return how many reference words the training text lacks, and how many of them were missed."""
    totals: Counter[str | None] = Counter()
    missed: Counter[str] = Counter()
    for utterance in utterances:
        for said, found in utterance.words:
            if said is not None:
                totals[said] += 1
                missed[said] += said != found
    unseen = {word: count for word, count in missed.items() if word not in text.words}
    words = sum(totals[word] for word in unseen)
    errors = sum(unseen.values())
    ranked = most_frequent({word: count for word, count in unseen.items() if count}, totals)
    return UnseenWords(text.source, words, errors, totals.total() - words, missed.total() - errors, ranked)
