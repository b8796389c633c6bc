import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.reliability import ReliabilityBin, normalised_cross_entropy, reliability_table
from asr.errors import ShapeError

words = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30)


def sides(words):
    return np.array([c for c, _ in words], float), np.array([right for _, right in words], bool)


def test_knowing_only_the_share_of_right_words_is_worth_nothing():
    correct = np.array([True, True, True, False])
    assert normalised_cross_entropy(np.full(4, 0.75), correct) == pytest.approx(0.0)
    assert normalised_cross_entropy(np.full(4, 0.5), correct) < 0
    assert normalised_cross_entropy(correct * 0.98 + 0.01, correct) > 0.9


def test_normalised_cross_entropy_is_nists_formula():
    confidences, correct = np.array([0.9, 0.6, 0.3]), np.array([True, False, False])
    base = np.log2(1 / 3) + 2 * np.log2(2 / 3)
    found = np.log2(0.9) + np.log2(0.4) + np.log2(0.7)
    assert normalised_cross_entropy(confidences, correct) == pytest.approx((found - base) / -base)


@pytest.mark.parametrize("correct", [[], [True], [True, True], [False, False]])
def test_where_nothing_can_be_known_there_is_no_value(correct):
    assert normalised_cross_entropy(np.full(len(correct), 0.5), np.array(correct, bool)) is None


@given(words)
def test_every_word_is_in_one_bin(words):
    confidences, correct = sides(words)
    table = reliability_table(confidences, correct, num_bins=4)
    assert [(bin.low, bin.high) for bin in table] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert sum(bin.num_words for bin in table) == len(words)
    assert sum(bin.num_words * (bin.share_correct or 0) for bin in table) == pytest.approx(correct.sum())
    for bin in table:
        assert (bin.mean_confidence is None) == (bin.num_words == 0)
        if bin.mean_confidence is not None:
            assert bin.low - 1e-9 <= bin.mean_confidence <= bin.high + 1e-9


def test_certainty_is_in_the_last_bin():
    table = reliability_table(np.array([1.0, 0.0]), np.array([True, True]), num_bins=2)
    assert table == [ReliabilityBin(0.0, 0.5, 1, 0.0, 1.0), ReliabilityBin(0.5, 1.0, 1, 1.0, 1.0)]


def test_a_confidence_at_an_edge_belongs_to_the_bin_above_and_edges_are_short_numbers():
    tenths = [place / 10 for place in range(10)]
    table = reliability_table(np.array(tenths), np.ones(10, bool))
    assert [bin.num_words for bin in table] == [1] * 10
    assert [str(bin.low) for bin in table] == [str(tenth) for tenth in tenths]


def test_what_is_no_probability_is_refused():
    with pytest.raises(ShapeError, match="outside"):
        reliability_table(np.array([1.5]), np.array([True]))
    with pytest.raises(ShapeError, match=r"\[2\] confidences, \[1\]"):
        normalised_cross_entropy(np.array([0.5, 0.5]), np.array([True]))
