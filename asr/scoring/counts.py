"""Hits and errors of one utterance or of many: values that add up, and the rates that follow from them.

Alignments are jiwer's (RapidFuzz's Levenshtein). Rates differ from jiwer's in one thing: where a rate has nothing to
divide by, it is None; jiwer returns the number of insertions, 0 or 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import jiwer

from asr.text import single_spaces

AlignedWord: TypeAlias = tuple[str | None, str | None]  # (reference, hypothesis); None where there is no partner


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


def align(references: Sequence[str], hypotheses: Sequence[str]) -> list[tuple[ErrorCounts, tuple[AlignedWord, ...]]]:
    """Return the counts and aligned words of each pair of texts."""
    if not references:
        return []
    references = [single_spaces(text) for text in references]
    hypotheses = [single_spaces(text) for text in hypotheses]
    words = jiwer.process_words(references, hypotheses)
    characters = jiwer.process_characters(references, hypotheses)
    results = []
    for word_chunks, character_chunks, reference, hypothesis in zip(
        words.alignments, characters.alignments, words.references, words.hypotheses, strict=True
    ):
        counts = _count(word_chunks)
        results.append(
            (
                ErrorCounts(counts, _count(character_chunks), 1, int(counts.errors > 0)),
                _aligned_words(word_chunks, reference, hypothesis),
            )
        )
    return results


def _count(chunks: Sequence[jiwer.AlignmentChunk]) -> Counts:
    lengths = {"equal": 0, "substitute": 0, "insert": 0, "delete": 0}
    for chunk in chunks:
        lengths[chunk.type] += max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
    return Counts(lengths["equal"], lengths["substitute"], lengths["insert"], lengths["delete"])


def _aligned_words(
    chunks: Sequence[jiwer.AlignmentChunk], reference: Sequence[str], hypothesis: Sequence[str]
) -> tuple[AlignedWord, ...]:
    aligned: list[AlignedWord] = []
    for chunk in chunks:
        expected = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        found = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
        if chunk.type == "insert":
            aligned += [(None, word) for word in found]
        elif chunk.type == "delete":
            aligned += [(word, None) for word in expected]
        else:
            aligned += zip(expected, found, strict=True)
    return tuple(aligned)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
