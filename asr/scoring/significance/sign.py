"""The sign test: on how many speakers (or utterances) is one system better than the other, by how much not counting.

Source: NIST's sc_stats has it for speakers, with pairs of error rates; equal pairs count half for either side. Of
utterances most are equal, and halves of them would hide any difference, so the usual test is taken, without them. We
sum the binomial distribution; sc_stats does so for up to 20 pairs and approximates it from there on, wrongly (it halves
the count before it takes the distance from the mean), so that its p is too small.
"""

import math

import numpy as np

from asr.scoring.interval import IntervalUnit
from asr.scoring.significance.result import Outcomes, Significance

EQUAL = 0.00005  # rates as near as this are equal: sc_stats compares per cent to 0.005


def sign_test(first: np.ndarray, second: np.ndarray, unit: IntervalUnit) -> Significance:
    """Return the test of two systems; its statistic is how many pairs the second wins.

    Args:
        first: [N] error rate of the first system on each speaker or utterance.
        second: likewise.
        unit: what the N are. Equal speakers count half for each system, equal utterances not at all.

    Returns:
        p is None where there is no pair at all, and 1 where all are equal.
    """
    won, lost = int(np.sum(first - second > EQUAL)), int(np.sum(second - first > EQUAL))
    outcomes = Outcomes(won, lost, len(first) - won - lost)
    # The odd one goes to the system whose rates sum to more, which makes the difference smaller.
    sides = _with_halves(outcomes, odd_to_second=second.sum() >= first.sum()) if unit == "speaker" else (won, lost)
    p_value = min(1.0, 2 * _at_most(min(sides), sum(sides))) if len(first) else None
    return Significance("sign", unit, sum(sides), won, "pairs won", p_value, outcomes)


def _with_halves(outcomes: Outcomes, *, odd_to_second: bool) -> tuple[int, int]:
    """Pairs for the second and for the first system, the equal ones shared between them."""
    half, odd = divmod(outcomes.tied, 2)
    for_second = outcomes.won + half + (odd if odd_to_second else 0)
    return for_second, outcomes.won + outcomes.lost + outcomes.tied - for_second


def _at_most(count: int, trials: int) -> float:
    """Probability of at most ``count`` heads in tosses of a fair coin."""
    return sum(math.comb(trials, heads) for heads in range(count + 1)) / 2**trials
