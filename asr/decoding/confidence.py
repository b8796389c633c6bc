"""How sure each word of a hypothesis is, before calibration.

Two sources. A word's posterior is the share of probability of the hypotheses of an n-best list that have the same word
in the same place, where places are told by aligning two word sequences with the fewest edits; scores with a language
model are too sure of themselves, so they are multiplied by a scale first. It knows the language model, but nothing of
what was not in the list: greedy search has no list, and that of a long recording differs only here and there. The other
source is how sure the frames were of the word's labels, which is always there but knows no language model. What is used
is a geometric mean of both, and `asr.decoding.calibration` makes a probability of it.

Source: Evermann & Woodland, "Large vocabulary decoding and confidence estimation using word posterior probabilities"
(ICASSP 2000), with an n-best list in place of their lattice.
"""

from collections.abc import Sequence

import numpy as np

from asr.decoding.align import Alignment
from asr.decoding.hypothesis import Hypothesis
from asr.tokens import WordLabels


def posteriors(totals: np.ndarray, confirmed: np.ndarray, scale: float) -> np.ndarray:
    """Return the posterior [W] in [0, 1] of each word of the best hypothesis.

    Args:
        totals: [H] scores of the hypotheses, natural logarithms.
        confirmed: [H, W] which of them have which word, as `confirmations` tells.
        scale: multiplies the scores, 0 or more; at 0 all hypotheses count the same.

    >>> posteriors(np.log([0.6, 0.2]), np.array([[1.0, 1.0], [0.0, 1.0]]), scale=1.0).round(2).tolist()
    [0.75, 1.0]
    """
    weights = np.exp(scale * (totals - totals.max()))
    return np.clip(weights / weights.sum() @ confirmed, 0.0, 1.0)


def confirmations(hypotheses: Sequence[Hypothesis]) -> np.ndarray:
    """Return which hypotheses [H] have which words [W] of the first of them at the same place: [H, W], 0 or 1."""
    best = hypotheses[0].text.split()
    same = [words_confirmed(best, hypothesis.text.split()) for hypothesis in hypotheses]
    return np.array(same, np.float64).reshape(len(hypotheses), len(best))


def words_confirmed(words: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Return which words stand in another sequence too, at the same place of an alignment with the fewest edits.

    Returns:
        [number of words] bool.

    >>> words_confirmed("A B C".split(), "A X C C".split()).tolist()
    [True, False, True]
    """
    index = {word: number for number, word in enumerate(dict.fromkeys((*words, *others)))}
    left, right = (np.array([index[word] for word in side], np.int64) for side in (words, others))
    shorter = min(len(left), len(right))
    # Equal beginnings and ends belong to some alignment with the fewest edits; hypotheses differ in few places.
    start = _first_difference(left[:shorter], right[:shorter])
    end = _first_difference(left[::-1][: shorter - start], right[::-1][: shorter - start])
    confirmed = np.ones(len(left), np.bool_)
    if start < len(left) - end:
        from asr.decoding.confirm_kernel import confirmed_of  # brings numba, which equal sequences need not load

        confirmed[start : len(left) - end] = confirmed_of(
            left[start : len(left) - end], right[start : len(right) - end]
        )
    return confirmed


def _first_difference(left: np.ndarray, right: np.ndarray) -> int:
    different = left != right
    return int(different.argmax()) if different.any() else len(left)


def frame_confidences(
    log_probs: np.ndarray, labels: Sequence[int], words: Sequence[WordLabels], alignment: Alignment
) -> np.ndarray:
    """Return the confidence of each word by the frames alone: the geometric mean of its labels' best probabilities.

    Args:
        log_probs: [T, V] natural log.
        labels: [U] classes of the hypothesis.
        words: which of the labels spell which word.
        alignment: where the labels lie in the frames.

    Returns:
        [number of words] float64 in [0, 1].
    """
    spans = zip(labels, alignment.starts, alignment.ends, strict=True)
    peaks = np.array([log_probs[start:end, label].max() for label, start, end in spans], np.float64)
    means = [peaks[word.first : word.last + 1].mean() for word in words]
    return np.exp(np.minimum(np.array(means, np.float64), 0.0))


def combined(posteriors: np.ndarray, from_frames: np.ndarray, frame_share: float) -> np.ndarray:
    """Return the geometric mean of both confidences [W], that from the frames with a weight in 0..1."""
    with np.errstate(divide="ignore"):
        logs = np.log(posteriors), np.log(from_frames)
    # A weight of 0 leaves out even a confidence of 0, whose logarithm it could not be multiplied by.
    parts = [weight * log for weight, log in zip((1 - frame_share, frame_share), logs, strict=True) if weight]
    return np.exp(np.sum(parts, axis=0))
