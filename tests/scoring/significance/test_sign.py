import numpy as np
import pytest

from asr.scoring.significance.result import Outcomes
from asr.scoring.significance.sign import sign_test


def p_value(won, lost, equal, unit="speaker"):
    first = np.array([0.2] * won + [0.1] * lost + [0.1] * equal)
    second = np.array([0.1] * won + [0.2] * lost + [0.1] * equal)
    return sign_test(first, second, unit).p_value


def test_p_is_twice_a_binomial_tail():
    assert p_value(5, 0, 0) == pytest.approx(2 / 32)
    assert p_value(0, 5, 0) == pytest.approx(2 / 32)
    assert p_value(4, 1, 0) == pytest.approx(2 * (1 + 5) / 32)
    assert p_value(3, 3, 0) == 1.0


def test_equal_speakers_count_half_for_each_and_an_odd_one_against_the_difference():
    assert p_value(5, 0, 2) == p_value(6, 1, 0)
    assert p_value(5, 0, 1) == p_value(5, 1, 0)
    assert p_value(0, 5, 1) == p_value(1, 5, 0)


def test_equal_utterances_do_not_count():
    assert p_value(0, 31, 99, "utterance") == pytest.approx(2 / 2**31)
    assert p_value(0, 0, 99, "utterance") == 1.0


def test_it_tells_who_wins_the_pairs():
    first, second = np.array([0.3, 0.1, 0.2, 0.1]), np.array([0.1, 0.1, 0.1, 0.2])
    of_speakers, of_utterances = (sign_test(first, second, unit) for unit in ("speaker", "utterance"))
    assert of_speakers.outcomes == of_utterances.outcomes == Outcomes(won=2, lost=1, tied=1)
    assert (of_speakers.statistic, of_speakers.num_units) == (2, 4)
    assert (of_utterances.statistic, of_utterances.num_units) == (2, 3)


def test_many_pairs_are_no_trouble():
    assert p_value(1500, 1500, 0) == 1.0
    assert 0 < p_value(1600, 1400, 0) < 0.001


def test_no_pairs_say_nothing():
    assert sign_test(np.array([]), np.array([]), "speaker").p_value is None
