"""How sure an error rate, or the difference of two, is: an interval from resampling.

Words of one utterance are not independent, so whole utterances are drawn, with replacement, as many as there are; or
whole speakers, as utterances of one speaker are not independent either. Of two systems the same utterances are drawn.
Source: Bisani & Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation" (ICASSP 2004).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

IntervalUnit: TypeAlias = Literal["utterance", "speaker"]

NUM_RESAMPLES = 10_000
LEVEL = 0.95  # probability that an interval holds the true rate
_DRAWS_AT_ONCE = 2_000_000  # 16 MB
_COST_OF_A_KIND = 30  # a count of the multinomial distribution takes as long as so many draws of one unit


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that holds the true rate with the probability ``level``.

    Attributes:
        low: its lower end, a fraction.
        high: its upper end.
        level: as a fraction.
        unit: what was drawn.
        seed: of the random draws.
    """

    low: float
    high: float
    level: float
    unit: IntervalUnit
    seed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How the error rates of two systems differ on the same utterances.

    Attributes:
        value: rate of the second less that of the first; below 0 where the second is better.
        interval: of the value.
        probability_of_improvement: share of the resamples in which the second makes fewer errors than the first.
    """

    value: float
    interval: Interval
    probability_of_improvement: float


def bootstrap_interval(
    errors: np.ndarray,
    words: np.ndarray,
    *,
    seed: int = 0,
    unit: IntervalUnit = "utterance",
    num_resamples: int = NUM_RESAMPLES,
) -> Interval | None:
    """Return the interval of the error rate.

    Args:
        errors: [N] errors of each utterance or speaker.
        words: [N] reference words of each.
        seed: the same seed gives the same interval.
        unit: what the N are; kept with the interval.
        num_resamples: how many are drawn.

    Returns:
        The interval; None where fewer than two units, or no words, leave nothing to estimate it from.
    """
    if len(words) < 2 or not np.any(words):
        return None
    return _interval_of(_resampled_rates(errors, words, seed, num_resamples), unit, seed)


def bootstrap_difference(
    errors: tuple[np.ndarray, np.ndarray],
    words: np.ndarray,
    *,
    seed: int = 0,
    unit: IntervalUnit = "utterance",
) -> Difference | None:
    """Return how the error rate of the second system differs from that of the first.

    Args:
        errors: two times [N], of the first and of the second.
        words: [N] reference words of each utterance or speaker.
        seed: the same seed gives the same interval.
        unit: what the N are; kept with the interval.

    Returns:
        The difference; None where `bootstrap_interval` has no interval.
    """
    if len(words) < 2 or not np.any(words):
        return None
    more = np.asarray(errors[1], np.int64) - np.asarray(errors[0], np.int64)
    rates = _resampled_rates(more, words, seed, NUM_RESAMPLES)
    interval = _interval_of(rates, unit, seed)
    return Difference(float(more.sum() / np.sum(words)), interval, float(np.mean(rates < 0)))


def sums_by(names: Sequence[str], *values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return for each of the values [N] its sums over equal names, in the order in which names first appear."""
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    of_value = np.array([place[name] for name in names], np.int64)
    return tuple(np.bincount(of_value, value, minlength=len(place)).astype(np.int64) for value in values)


def _interval_of(rates: np.ndarray, unit: IntervalUnit, seed: int) -> Interval:
    low, high = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high), LEVEL, unit, seed)


def _resampled_rates(errors: np.ndarray, words: np.ndarray, seed: int, num_resamples: int) -> np.ndarray:
    """The error rate of each resample; those that happen to hold no word have none and are left out."""
    units = np.stack([errors, words]).astype(np.int64)
    kinds, how_many = np.unique(units, axis=1, return_counts=True)
    rng = np.random.default_rng(seed)
    few = len(how_many) * _COST_OF_A_KIND < len(words)
    step = max(1, _DRAWS_AT_ONCE // (len(how_many) if few else len(words)))
    sums = []
    for start in range(0, num_resamples, step):
        size = min(step, num_resamples - start)
        sums.append(_sums_of_kinds(kinds, how_many, size, rng) if few else _sums_of_units(units, size, rng))
    num_errors, num_words = np.concatenate(sums, axis=1)
    return num_errors[num_words > 0] / num_words[num_words > 0]


def _sums_of_units(units: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Errors and words of resamples, [2, size], of units [2, N]."""
    num_units = units.shape[1]
    drawn = rng.integers(num_units, size=(size, num_units))
    return np.stack([values[drawn].sum(axis=1) for values in units])


def _sums_of_kinds(kinds: np.ndarray, how_many: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """The same, units with the same errors and words drawn together, as counts of a multinomial distribution."""
    return kinds @ rng.multinomial(how_many.sum(), how_many / how_many.sum(), size=size).T
