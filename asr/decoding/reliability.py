"""How good confidences are: normalised cross entropy, and a table of how often words of like confidence are right.

Plain values; the report shows them, `asr.decoding.calibration` makes the confidences better.

Source: Siu, Gish & Richardson, "Improved estimation, evaluation and applications of confidence measures for speech
recognition" (Eurospeech 1997), as NIST's sclite has it.
"""

from dataclasses import dataclass

import numpy as np

from asr.errors import ShapeError

# Log-odds and logarithms are taken of confidences this far from 0 and 1: an n-best list often has but one word.
_EDGE = 1e-4


def log_odds(confidences: np.ndarray) -> np.ndarray:
    """Return the natural log-odds of confidences in [0, 1], those near the ends as if a little further away."""
    clipped = np.clip(confidences, _EDGE, 1 - _EDGE)
    return np.log(clipped) - np.log1p(-clipped)


def normalised_cross_entropy(confidences: np.ndarray, correct: np.ndarray) -> float | None:
    """Return NIST's measure of confidences: 1 knows all, 0 knows only the share of right words, below 0 misleads.

    Args:
        confidences: [N] in [0, 1]; those nearer to 0 or 1 than 0.0001 count as that near.
        correct: [N] bool.

    Returns:
        ``(H - H(confidences)) / H``, with H the entropy of the share of right words; None where all words are right,
        all are wrong, or there is none: nothing can be known then.

    Raises:
        ShapeError: the two differ in length, or a confidence is outside [0, 1].
    """
    confidences, correct = check_confidences(confidences, correct)
    if not len(correct) or correct.min() == correct.max():
        return None
    base = cross_entropy(np.full(len(correct), correct.mean()), correct)
    return (base - cross_entropy(confidences, correct)) / base


def cross_entropy(confidences: np.ndarray, correct: np.ndarray) -> float:
    """Return the cross entropy in nats a word; arguments as of `normalised_cross_entropy`, with at least one word."""
    odds = log_odds(np.asarray(confidences, np.float64))
    return float(np.logaddexp(0.0, np.where(correct, -odds, odds)).mean())


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Words of like confidence.

    Attributes:
        low: from this confidence on.
        high: up to this one, which belongs to the next bin (1 to the last).
        num_words: in the bin.
        mean_confidence: theirs; None where there is none.
        share_correct: how many of them are right; None where there is none.
    """

    low: float
    high: float
    num_words: int
    mean_confidence: float | None
    share_correct: float | None


def reliability_table(confidences: np.ndarray, correct: np.ndarray, *, num_bins: int = 10) -> list[ReliabilityBin]:
    """Return how often words are right, by their confidence, in bins of equal width from 0 to 1.

    Raises:
        ShapeError: the two differ in length, or a confidence is outside [0, 1].
    """
    confidences, correct = check_confidences(confidences, correct)
    edges = np.arange(num_bins + 1) / num_bins  # not by linspace, whose 0.7 is a little more than 0.7
    of_word = np.minimum(np.searchsorted(edges, confidences, side="right") - 1, num_bins - 1)
    counts = np.bincount(of_word, minlength=num_bins)
    sums = [np.bincount(of_word, values, minlength=num_bins) for values in (confidences, correct)]
    return [
        ReliabilityBin(
            float(edges[i]), float(edges[i + 1]), int(n), *(float(total[i] / n) if n else None for total in sums)
        )
        for i, n in enumerate(counts)
    ]


def check_confidences(confidences: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return confidences [N] and whether each word is right (0 or 1) as float64, or raise `asr.errors.ShapeError`."""
    confidences, correct = np.asarray(confidences, np.float64), np.asarray(correct, np.float64)
    if confidences.ndim != 1 or confidences.shape != correct.shape:
        raise ShapeError(
            f"{list(confidences.shape)} confidences, {list(correct.shape)} right or wrong: give one of each a word"
        )
    if not ((confidences >= 0) & (confidences <= 1)).all():
        raise ShapeError("a confidence is outside [0, 1]: give probabilities")
    return confidences, correct
