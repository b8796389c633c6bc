"""MAPSSWE, the matched pairs sentence segment word error test: do two systems differ by more than chance?

Errors of one sentence depend on each other, so sentences are cut where both systems are right for so long that what
comes before no longer matters: at two words or more. Over the segments between such places, the difference of the two
systems' errors is taken to be normally distributed.

Source: Gillick & Cox, "Some statistical issues in the comparison of speech recognition algorithms" (ICASSP 1989), with
the segments of NIST's sc_stats, whose statistic is ours where the alignment is.
"""

import math
from collections.abc import Sequence

import numpy as np

from asr.scoring.counts import AlignedWord
from asr.scoring.significance.normal import two_sided
from asr.scoring.significance.result import Significance

NUM_GOOD_WORDS = 2


def mapsswe(
    first: Sequence[Sequence[AlignedWord]],
    second: Sequence[Sequence[AlignedWord]],
    *,
    num_good_words: int = NUM_GOOD_WORDS,
) -> Significance:
    """Return the test of two systems; its statistic Z is below 0 where the first makes fewer errors.

    Args:
        first: the aligned words of each utterance, as the first system found it.
        second: of the same references in the same order.
        num_good_words: a segment ends where both systems are right for so many words, at least 1.

    Returns:
        Z is 0 where the systems are alike in each segment, and infinite (with a p of 0) where each segment has the same
        difference, for which sc_stats gives 0; None (and so is p) with fewer than two segments.
    """
    errors = [segment for pair in zip(first, second, strict=True) for segment in segments(*pair, num_good_words)]
    z = _z(np.array([a - b for a, b in errors], np.float64))
    return Significance("matched pairs (MAPSSWE)", "segment", len(errors), z, "Z", None if z is None else two_sided(z))


def segments(first: Sequence[AlignedWord], second: Sequence[AlignedWord], num_good_words: int) -> list[tuple[int, int]]:
    """Return the errors of two systems in each segment of one utterance; segments without errors are none.

    >>> one = [("a", "x"), ("b", "b"), ("c", "c"), ("d", None), ("e", "e")]
    >>> other = [("a", "a"), ("b", "b"), ("c", "c"), ("d", "d"), (None, "d"), ("e", "e")]
    >>> segments(one, other, num_good_words=2)
    [(1, 0), (1, 1)]
    """
    found: list[list[int]] = []
    num_good = num_good_words  # the sentence's start ends whatever was before it
    places = zip(_errors_by_place(first), _errors_by_place(second), strict=True)
    for place, (a, b) in enumerate(places):
        if a or b:
            if num_good >= num_good_words:
                found.append([0, 0])
            found[-1][0] += a
            found[-1][1] += b
            num_good = 0
        else:
            num_good += place % 2
    return [(a, b) for a, b in found]


def _errors_by_place(words: Sequence[AlignedWord]) -> list[int]:
    """Errors before the first reference word (insertions), at it, between it and the next, …, behind the last."""
    places = [0]
    for reference, hypothesis in words:
        if reference is None:
            places[-1] += 1
        else:
            places += [int(reference != hypothesis), 0]
    return places


def _z(differences: np.ndarray) -> float | None:
    if len(differences) < 2:
        return None
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    if deviation == 0:
        return math.copysign(math.inf, mean) if mean else 0.0
    return mean / (deviation / math.sqrt(len(differences)))
