"""The arithmetic of the search's compiled parts: logarithms, hashes, places in sorted arrays."""

import numpy as np

from asr.compiled import njit

# Odd numbers whose bits are as good as random: from the golden ratio, and of a 64-bit finaliser.
_FIRST = np.uint64(0x9E37_79B9_7F4A_7C15)
_SECOND = np.uint64(0xD6E8_FEB8_6659_FD93)
_SHIFT = np.uint64(32)
_SMALLEST_RATIO = -45.0  # exp of it is below what float64 can add to 1


@njit(cache=True, nogil=True, error_model="numpy")
def log_add(a, b):
    """Return the logarithm of the sum of two numbers given as logarithms."""
    if a < b:
        a, b = b, a
    if b == -np.inf or b - a < _SMALLEST_RATIO:
        return a
    return a + np.log1p(np.exp(b - a))


@njit(cache=True, nogil=True, error_model="numpy")
def mix(value, number):
    """Return a hash of a hash and one more number."""
    value = (value ^ np.uint64(number)) * _FIRST
    value ^= value >> _SHIFT
    value *= _SECOND
    return value ^ (value >> _SHIFT)


@njit(cache=True, nogil=True, error_model="numpy")
def find(keys, key, first, last):
    """Return where ``key`` stands in the sorted ``keys[first:last]``, or -1."""
    end = last
    while first < last:
        middle = (first + last) >> 1
        if keys[middle] < key:
            first = middle + 1
        else:
            last = middle
    return first if first < end and keys[first] == key else np.int64(-1)


@njit(cache=True, nogil=True, error_model="numpy")
def nth_largest(values, size, n):
    """Return the n-th largest, from 1, of the first ``size`` values; their order changes."""
    first, last, place = np.int64(0), np.int64(size - 1), np.int64(n - 1)
    while first < last:
        pivot = values[(first + last) >> 1]
        i, j = first, last
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if place <= j:
            last = j
        elif place >= i:
            first = i
        else:
            break
    return values[place]
