"""Slow, readable definitions of what `asr.scoring` computes."""

from collections.abc import Sequence
from functools import cache

from asr.scoring.counts import AlignedWord


def least_weight(reference: Sequence[str], hypothesis: Sequence[str], substitution: int, gap: int) -> int:
    """Least sum of weights over all alignments, by trying each first move."""

    @cache
    def rest(i: int, j: int) -> int:
        if i == len(reference) or j == len(hypothesis):
            return gap * (len(reference) - i + len(hypothesis) - j)
        pair = 0 if reference[i] == hypothesis[j] else substitution
        return min(pair + rest(i + 1, j + 1), gap + rest(i + 1, j), gap + rest(i, j + 1))

    return rest(0, 0)


def weight_of(words: Sequence[AlignedWord], substitution: int, gap: int) -> int:
    """Sum of weights of one alignment."""
    return sum(0 if a == b else gap if None in (a, b) else substitution for a, b in words)


def resampled_rates(errors: Sequence[int], words: Sequence[int], num_resamples: int, rng) -> list[float]:
    """Error rates of resamples, each of them drawn unit by unit."""
    rates = []
    for _ in range(num_resamples):
        drawn = [int(rng.integers(len(words))) for _ in words]
        rates.append(sum(errors[place] for place in drawn) / sum(words[place] for place in drawn))
    return rates
