"""The normal distribution as tests need it."""

import math


def two_sided(z: float) -> float:
    """Return the probability that a standard normal variable is as far from 0 as ``z`` or further.

    >>> round(two_sided(-1.96), 4)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))
