"""How sure each word of a hypothesis is, before calibration.

With an n-best list, a word's confidence is its posterior: the share of probability of the hypotheses that have the same
word in the same place, where places are told by aligning two word sequences with the fewest edits. Scores with a
language model are too sure of themselves or not enough, so they are multiplied by a scale first. With one hypothesis
only (greedy search), it is how sure the frames were of the word's labels. Either becomes a probability that can be
relied on by `asr.decoding.calibration`.

Source: Evermann & Woodland, "Large vocabulary decoding and confidence estimation using word posterior probabilities"
(ICASSP 2000), with an n-best list in place of their lattice.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit

from asr.decoding.align import Alignment
from asr.decoding.hypothesis import Hypothesis
from asr.tokens import WordLabels


def word_posteriors(hypotheses: Sequence[Hypothesis], *, scale: float = 1.0) -> np.ndarray:
    """Return the confidence of each word of the first hypothesis.

    Args:
        hypotheses: of one utterance, best first, at least one; scores are natural logarithms.
        scale: multiplies the scores, 0 or more; at 0 all hypotheses count the same.

    Returns:
        [number of words] float64 in [0, 1].

    >>> from asr.decoding.hypothesis import Score
    >>> found = [Hypothesis(text, (), Score(float(np.log(p)))) for text, p in {"GO ON": 0.6, "SO ON": 0.2}.items()]
    >>> word_posteriors(found).round(2).tolist()
    [0.75, 1.0]
    """
    best = hypotheses[0].text.split()
    totals = np.array([hypothesis.score.total for hypothesis in hypotheses]) * scale
    weights = np.exp(totals - totals.max())
    weights /= weights.sum()
    same = [words_confirmed(best, hypothesis.text.split()) for hypothesis in hypotheses]
    return np.clip(weights @ np.array(same, np.float64).reshape(len(hypotheses), len(best)), 0.0, 1.0)


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
    confirmed[start : len(left) - end] = _confirmed(left[start : len(left) - end], right[start : len(right) - end])
    return confirmed


def _first_difference(left: np.ndarray, right: np.ndarray) -> int:
    different = left != right
    return int(different.argmax()) if different.any() else len(left)


@njit(cache=True, nogil=True)
def _confirmed(left, right):
    """Return for each item of ``left`` [N] whether it meets its like in a Levenshtein alignment with ``right`` [M]."""
    num_left, num_right = len(left), len(right)
    costs = np.zeros((num_left + 1, num_right + 1), np.int32)
    costs[:, 0] = np.arange(num_left + 1)
    costs[0] = np.arange(num_right + 1)
    for i in range(num_left):
        for j in range(num_right):
            costs[i + 1, j + 1] = min(costs[i, j] + (left[i] != right[j]), costs[i, j + 1] + 1, costs[i + 1, j] + 1)
    confirmed = np.zeros(num_left, np.bool_)
    i, j = num_left, num_right
    while i > 0 and j > 0:
        if costs[i, j] == costs[i - 1, j - 1] + (left[i - 1] != right[j - 1]):
            i, j = i - 1, j - 1
            confirmed[i] = left[i] == right[j]
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return confirmed


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
