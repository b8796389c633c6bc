import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.layers.conv import MaskedConv2D, strided_length

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("kernel", [(3, 3), (5, 1)])
def test_an_utterance_among_longer_ones_gives_what_it_gives_alone(kernel, stride):
    conv = MaskedConv2D(4, kernel, stride)
    x = RNG.normal(size=(3, 11, 6, 1)).astype("float32")  # what follows an utterance is not zero
    together = np.asarray(conv(x, np.array([11, 8, 1])))
    for row, length in ((1, 8), (2, 1)):
        alone = np.asarray(conv(x[row : row + 1, :length], np.array([length])))[0]
        assert len(alone) == strided_length(length, stride[0])
        np.testing.assert_allclose(together[row, : len(alone)], alone, atol=1e-6)


def test_each_output_is_the_weighted_sum_around_its_frame():
    conv = MaskedConv2D(1, (3, 1), (2, 1))
    x = np.arange(1, 6, dtype="float32").reshape(1, 5, 1, 1)
    found = np.asarray(conv(x, np.array([4])))[0, :, 0, 0]  # frames 1 2 3 4, the fifth is padding
    before, here, after = np.asarray(conv.conv.kernel).ravel()
    np.testing.assert_allclose(found[:2], [here * 1 + after * 2, before * 2 + here * 3 + after * 4], rtol=1e-6)


@settings(deadline=None)
@given(length=st.integers(0, 10_000), stride=st.integers(1, 8))
def test_strided_length_counts_the_frames_that_the_stride_lands_on(length, stride):
    assert strided_length(length, stride) == len(range(0, length, stride))


def test_nan_in_the_padding_stays_there():
    conv = MaskedConv2D(2, (3, 3), (1, 1))
    x = np.ones((1, 4, 3, 1), "float32")
    x[0, 2:] = np.nan
    assert np.isfinite(np.asarray(conv(x, np.array([2])))).all()
