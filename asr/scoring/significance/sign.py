"""The sign test: on how many speakers (or utterances) is one system better than the other, by how much not counting.

Source: as NIST's sc_stats has it, with pairs of error rates. Equal pairs count half for either side. We sum the
binomial distribution; sc_stats does so for up to 20 pairs and approximates it from there on, wrongly (it halves the
count before it takes the distance from the mean), so that its p is too small.
"""

import math

import numpy as np

from asr.scoring.significance.result import Significance

EQUAL = 0.00005  # rates as near as this are equal: sc_stats compares per cent to 0.005


def sign_test(first: np.ndarray, second: np.ndarray, unit: str) -> Significance:
    """Return the test of two systems; its statistic is how many pairs the second wins, half of the equal ones included.

    Args:
        first: [N] error rate of the first system on each speaker or utterance.
        second: likewise.
        unit: what the N are.

    Returns:
        p is None where there is no pair.
    """
    num_pairs = len(first)
    won, lost = int(np.sum(first - second > EQUAL)), int(np.sum(second - first > EQUAL))
    equal = num_pairs - won - lost
    # The odd one goes to the system whose rates sum to more, which makes the difference smaller.
    odd_to_second = second.sum() >= first.sum()
    for_second = won + equal // 2 + (equal % 2 if odd_to_second else 0)
    fewer = min(for_second, num_pairs - for_second)
    p_value = min(1.0, 2 * _at_most(fewer, num_pairs)) if num_pairs else None
    return Significance("sign", unit, num_pairs, won + equal / 2, "pairs won", p_value)


def _at_most(count: int, trials: int) -> float:
    """Probability of at most ``count`` heads in tosses of a fair coin."""
    return sum(math.comb(trials, heads) for heads in range(count + 1)) / 2**trials
