"""How sure a word error rate is: an interval from resampling utterances.

Words of one utterance are not independent, so whole utterances are drawn, with replacement, as many as there are.
Source: Bisani & Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation" (ICASSP 2004).
"""

from dataclasses import dataclass

import numpy as np

NUM_RESAMPLES = 10_000
_DRAWS_AT_ONCE = 2_000_000  # 16 MB of indices


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
    unit: str
    seed: int


def bootstrap_interval(errors: np.ndarray, words: np.ndarray, *, level: float = 0.95, seed: int = 0) -> Interval | None:
    """Return the interval of the error rate over utterances.

    Args:
        errors: [N] errors of each utterance.
        words: [N] reference words of each.
        level: between 0 and 1.
        seed: the same seed gives the same interval.

    Returns:
        The interval; None where fewer than two utterances, or no words, leave nothing to estimate it from.
    """
    if len(words) < 2 or not np.any(words):
        return None
    rates = _resampled_rates(np.asarray(errors), np.asarray(words), np.random.default_rng(seed))
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, "utterance", seed)


def _resampled_rates(errors: np.ndarray, words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The error rate of each resample; those that happen to hold no word have none and are left out."""
    num_utterances = len(words)
    rates = []
    step = max(1, _DRAWS_AT_ONCE // num_utterances)
    for start in range(0, NUM_RESAMPLES, step):
        drawn = rng.integers(num_utterances, size=(min(step, NUM_RESAMPLES - start), num_utterances))
        num_errors, num_words = errors[drawn].sum(axis=1), words[drawn].sum(axis=1)
        rates.append(num_errors[num_words > 0] / num_words[num_words > 0])
    return np.concatenate(rates)
