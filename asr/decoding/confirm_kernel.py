"""The compiled part of confidence: which words of two sequences meet; see `asr.decoding.confidence`."""

import numpy as np

from asr.compiled import njit


@njit(cache=True, nogil=True)
def confirmed_of(left, right):
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
