"""Arrays that TensorFlow can take as they are."""

import math

import numpy as np

_BYTES = 64  # TensorFlow copies what starts elsewhere than at a multiple of this


def aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Return a float32 array, not filled, that becomes a tensor without a copy."""
    size = math.prod(shape) * 4
    memory = np.empty(size + _BYTES, np.uint8)
    first = -memory.ctypes.data % _BYTES
    return memory[first : first + size].view(np.float32).reshape(shape)
