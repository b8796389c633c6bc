import numpy as np
import pytest

from asr.layers.stacking import stack_frames

X = np.arange(1, 11, dtype="float32").reshape(1, 5, 2)


def test_frames_stand_side_by_side_and_the_last_is_filled_with_zeros():
    stacked, lengths = stack_frames(X, np.array([3]), 2)
    np.testing.assert_array_equal(stacked, [[[1, 2, 3, 4], [5, 6, 0, 0], [0, 0, 0, 0]]])
    np.testing.assert_array_equal(lengths, [2])


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_factor_of_one_changes_nothing(length):
    stacked, lengths = stack_frames(X, np.array([length]), 1)
    np.testing.assert_array_equal(stacked, X)
    np.testing.assert_array_equal(lengths, [length])
