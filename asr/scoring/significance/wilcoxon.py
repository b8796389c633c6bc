"""Wilcoxon's signed rank test: which system is better on speakers (or utterances), large differences counting more.

Source: as NIST's sc_stats has it, with pairs of word error rates and the normal approximation, which takes eight pairs
or more. Equal pairs keep their ranks and go to both sides in turn, so that they speak against a difference; where all
pairs are equal, Z is 0, whereas sc_stats gives the odd one to one side.
"""

import numpy as np

from asr.scoring.significance.normal import two_sided
from asr.scoring.significance.result import Significance
from asr.scoring.significance.sign import EQUAL


def wilcoxon_test(first: np.ndarray, second: np.ndarray, unit: str) -> Significance:
    """Return the test of two systems; its statistic Z is below 0 where the first is better.

    Args:
        first: [N] error rate of the first system on each speaker or utterance.
        second: likewise.
        unit: what the N are.
    """
    num_pairs = len(first)
    if num_pairs == 0:
        return Significance("Wilcoxon signed rank", unit, 0, None, "Z", None)
    # Positive is what speaks against the system whose rates sum to more; it gets the first of the equal pairs.
    direction = 1 if first.sum() > second.sum() else -1
    differences = direction * (first - second)
    ranks = _ranks(np.abs(differences).round(9))
    equal = np.abs(differences) <= EQUAL
    if equal.all():
        return Significance("Wilcoxon signed rank", unit, num_pairs, 0.0, "Z", 1.0)
    positive = differences > 0
    positive[equal] = np.arange(equal.sum()) % 2 == 0
    expected = num_pairs * (num_pairs + 1) / 4
    deviation = np.sqrt(num_pairs * (num_pairs + 1) * (2 * num_pairs + 1) / 24)
    z = direction * float((ranks[positive].sum() - expected) / deviation)
    return Significance("Wilcoxon signed rank", unit, num_pairs, z, "Z", two_sided(z))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 up; equal values share the mean of theirs."""
    _, place, how_many = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(how_many)
    return (last - (how_many - 1) / 2)[place]
