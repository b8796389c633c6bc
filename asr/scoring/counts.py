"""Hits and errors of one utterance or of many: values that add up, and the rates that follow from them.

Alignments are jiwer's (RapidFuzz's Levenshtein), or sclite's (`asr.scoring.weighted`). Rates differ from jiwer's in one
thing: where a rate has nothing to divide by, it is None; jiwer returns the number of insertions, 0 or 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, TypeAlias

import jiwer

from asr.scoring.weighted import AlignedWord, align_weighted
from asr.text import single_spaces

Weights: TypeAlias = Literal["levenshtein", "sclite"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits and errors of an alignment, in words or in characters; the counts of several utterances add up."""

    hits: int = 0
    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.hits + other.hits,
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
        )

    @property
    def errors(self) -> int:
        """Substitutions, insertions and deletions."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def reference_length(self) -> int:
        """Words or characters of the reference."""
        return self.hits + self.substitutions + self.deletions

    @property
    def hypothesis_length(self) -> int:
        """Words or characters of the hypothesis."""
        return self.hits + self.substitutions + self.insertions

    @property
    def error_rate(self) -> float | None:
        """Errors a word (or character) of the reference; can pass 1; None when the reference is empty."""
        return _share(self.errors, self.reference_length)

    @property
    def match_error_rate(self) -> float | None:
        """Errors as a share of aligned positions (Morris et al. 2004); None when both sides are empty."""
        return _share(self.errors, self.hits + self.errors)

    @property
    def information_preserved(self) -> float | None:
        """Word information preserved (Morris et al. 2004); None when the reference is empty."""
        if self.hypothesis_length == 0:
            return None if self.reference_length == 0 else 0.0
        recall = _share(self.hits, self.reference_length)
        return None if recall is None else recall * self.hits / self.hypothesis_length


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Counts of some utterances in words, characters and sentences; they add up.

    Attributes:
        words: counts in words.
        characters: counts in characters, spaces between words included.
        utterances: how many.
        wrong_utterances: those with at least one wrong word.
    """

    words: Counts = Counts()
    characters: Counts = Counts()
    utterances: int = 0
    wrong_utterances: int = 0

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        return ErrorCounts(
            self.words + other.words,
            self.characters + other.characters,
            self.utterances + other.utterances,
            self.wrong_utterances + other.wrong_utterances,
        )

    @property
    def wer(self) -> float | None:
        """Word error rate, a fraction; None when no reference has a word."""
        return self.words.error_rate

    @property
    def cer(self) -> float | None:
        """Character error rate, a fraction; None when every reference is empty."""
        return self.characters.error_rate

    @property
    def sentence_error_rate(self) -> float | None:
        """Share of utterances with an error; None when there are none."""
        return _share(self.wrong_utterances, self.utterances)


def count_errors(reference: str, hypothesis: str) -> ErrorCounts:
    """Return the counts of one utterance; runs of white space count as one space, either text may be empty.

    >>> counts = count_errors("the cat sat", "the cat sat") + count_errors("on a mat", "on mat")
    >>> f"{counts.wer:.3f} {counts.sentence_error_rate}"
    '0.167 0.5'
    """
    return align([reference], [hypothesis])[0][0]


def count_all_errors(references: Sequence[str], hypotheses: Sequence[str]) -> ErrorCounts:
    """Return the counts over pairs of texts, as `count_errors` of each and their sum."""
    return sum((counts for counts, _ in align(references, hypotheses)), start=ErrorCounts())


def align(
    references: Sequence[str], hypotheses: Sequence[str], weights: Weights = "levenshtein"
) -> list[tuple[ErrorCounts, tuple[AlignedWord, ...]]]:
    """Return the counts and aligned words of each pair of texts.

    Args:
        references: what was said.
        hypotheses: what was found, in the same order.
        weights: of the alignment of words; characters are aligned with least errors always.
    """
    if not references:
        return []
    references = [single_spaces(text) for text in references]
    hypotheses = [single_spaces(text) for text in hypotheses]
    aligned = _align_words(references, hypotheses, weights)
    characters = jiwer.process_characters(references, hypotheses).alignments
    results = []
    for (counts, words), chunks in zip(aligned, characters, strict=True):
        results.append((ErrorCounts(counts, _count(chunks), 1, int(counts.errors > 0)), words))
    return results


def count_words(words: Sequence[AlignedWord]) -> Counts:
    """Return the counts of aligned words."""
    deletions = sum(found is None for _, found in words)
    insertions = sum(expected is None for expected, _ in words)
    hits = sum(expected == found for expected, found in words)
    return Counts(hits, len(words) - hits - insertions - deletions, insertions, deletions)


def _align_words(
    references: Sequence[str], hypotheses: Sequence[str], weights: Weights
) -> list[tuple[Counts, tuple[AlignedWord, ...]]]:
    if weights == "sclite":
        pairs = zip(references, hypotheses, strict=True)
        aligned = [align_weighted(reference.split(), hypothesis.split()) for reference, hypothesis in pairs]
        return [(count_words(words), words) for words in aligned]
    words = jiwer.process_words(list(references), list(hypotheses))
    return [
        (_count(chunks), _aligned_words(chunks, reference, hypothesis))
        for chunks, reference, hypothesis in zip(words.alignments, words.references, words.hypotheses, strict=True)
    ]


def _count(chunks: Sequence[jiwer.AlignmentChunk]) -> Counts:
    hits = substitutions = insertions = deletions = 0
    for chunk in chunks:
        if chunk.type == "equal":
            hits += chunk.ref_end_idx - chunk.ref_start_idx
        elif chunk.type == "substitute":
            substitutions += chunk.ref_end_idx - chunk.ref_start_idx
        elif chunk.type == "insert":
            insertions += chunk.hyp_end_idx - chunk.hyp_start_idx
        else:
            deletions += chunk.ref_end_idx - chunk.ref_start_idx
    return Counts(hits, substitutions, insertions, deletions)


def _aligned_words(
    chunks: Sequence[jiwer.AlignmentChunk], reference: Sequence[str], hypothesis: Sequence[str]
) -> tuple[AlignedWord, ...]:
    aligned: list[AlignedWord] = []
    for chunk in chunks:
        expected: Iterable[str | None] = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        found: Iterable[str | None] = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
        # An insertion has no word of the reference, a deletion none of the hypothesis.
        aligned += zip_longest(expected, found)
    return tuple(aligned)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
