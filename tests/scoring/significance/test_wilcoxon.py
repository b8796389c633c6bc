import math

import numpy as np
import pytest

from asr.scoring.significance.wilcoxon import wilcoxon_test


def test_z_is_that_of_the_sum_of_positive_ranks():
    first = np.array([0.10, 0.20, 0.30, 0.40, 0.50])
    second = np.array([0.11, 0.18, 0.27, 0.36, 0.45])  # ranks 1 to 5 of the differences, the first negative
    expected, deviation = 5 * 6 / 4, math.sqrt(5 * 6 * 11 / 24)
    test = wilcoxon_test(first, second, "speaker")
    assert test.statistic == pytest.approx((14 - expected) / deviation)
    assert wilcoxon_test(second, first, "speaker").statistic == pytest.approx(-test.statistic)
    assert test.p_value == pytest.approx(math.erfc(test.statistic / math.sqrt(2)))


def test_equal_differences_share_their_ranks():
    test = wilcoxon_test(np.array([0.2, 0.2, 0.1]), np.array([0.1, 0.1, 0.3]), "speaker")
    assert test.statistic == pytest.approx((1.5 + 1.5 - 3) / math.sqrt(3 * 4 * 7 / 24))


@pytest.mark.parametrize("num_pairs", [1, 3, 4])
def test_systems_alike_do_not_differ(num_pairs):
    same = np.full(num_pairs, 0.1)
    test = wilcoxon_test(same, same, "speaker")
    assert (test.statistic, test.p_value) == (0.0, 1.0)


def test_equal_pairs_go_to_both_sides_in_turn():
    first, second = np.array([0.1, 0.1, 0.3]), np.array([0.1, 0.1, 0.2])  # ranks 1.5, 1.5, 3
    expected, deviation = 3 * 4 / 4, math.sqrt(3 * 4 * 7 / 24)
    test = wilcoxon_test(first, second, "speaker")
    assert test.statistic == pytest.approx((1.5 + 3 - expected) / deviation)


def test_no_pairs_say_nothing():
    assert wilcoxon_test(np.array([]), np.array([]), "speaker").p_value is None
