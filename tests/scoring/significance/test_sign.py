import numpy as np
import pytest

from asr.scoring.significance.sign import sign_test


def p_value(won, lost, equal):
    first = np.array([0.2] * won + [0.1] * lost + [0.1] * equal)
    second = np.array([0.1] * won + [0.2] * lost + [0.1] * equal)
    return sign_test(first, second, "speaker").p_value


def test_p_is_twice_a_binomial_tail():
    assert p_value(5, 0, 0) == pytest.approx(2 / 32)
    assert p_value(0, 5, 0) == pytest.approx(2 / 32)
    assert p_value(4, 1, 0) == pytest.approx(2 * (1 + 5) / 32)
    assert p_value(3, 3, 0) == 1.0


def test_equal_pairs_count_half_for_each_and_an_odd_one_against_the_difference():
    assert p_value(5, 0, 2) == p_value(6, 1, 0)
    assert p_value(5, 0, 1) == p_value(5, 1, 0)
    assert p_value(0, 5, 1) == p_value(1, 5, 0)


def test_it_tells_the_pairs_that_the_second_wins():
    test = sign_test(np.array([0.3, 0.1, 0.2]), np.array([0.1, 0.1, 0.1]), "utterance")
    assert (test.statistic, test.num_units, test.unit) == (2.5, 3, "utterance")


def test_many_pairs_are_no_trouble():
    assert p_value(1500, 1500, 0) == 1.0
    assert 0 < p_value(1600, 1400, 0) < 0.001


def test_no_pairs_say_nothing():
    assert sign_test(np.array([]), np.array([]), "speaker").p_value is None
