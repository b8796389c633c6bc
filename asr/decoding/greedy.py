"""Greedy search: the best token of each frame, repeats and blanks taken out.

It finds the most probable path, which need not spell the most probable text; `asr.decoding.decode` looks further.
"""

import numpy as np

from asr.decoding.hypothesis import Hypothesis, Score, check_log_probs
from asr.tokens import BLANK, Tokens


def greedy(log_probs: np.ndarray, tokens: Tokens) -> Hypothesis:
    """Return the text of the most probable path.

    Args:
        log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.
        tokens: the V labels, blank first.

    Returns:
        The hypothesis; its score is the log-probability of that one path.

    Raises:
        ShapeError: ``log_probs`` is not as above.

    >>> tokens = Tokens(["<blank>", "A", "B"])
    >>> log_probs = np.log([[0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.2, 0.1, 0.7], [0.2, 0.1, 0.7]])
    >>> greedy(log_probs, tokens).text
    'AB'
    """
    log_probs = check_log_probs(log_probs, tokens)
    path = log_probs.argmax(axis=1)
    best = log_probs.max(axis=1).sum(dtype=np.float64)
    starts = np.flatnonzero(np.diff(path, prepend=BLANK))
    labels = tuple(int(label) for label in path[starts] if label != BLANK)
    return Hypothesis(tokens.decode(labels), labels, Score(acoustic=float(best)))
