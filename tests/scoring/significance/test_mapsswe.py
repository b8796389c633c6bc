import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.scoring.counts import align
from asr.scoring.significance.mapsswe import mapsswe, segments

texts = st.lists(st.sampled_from("abc"), max_size=12).map(" ".join)


def aligned(references, hypotheses):
    return [words for _, words in align(references, hypotheses)]


def segments_of(reference, first, second, num_good_words=2):
    return segments(*aligned([reference] * 2, [first, second]), num_good_words)


def test_two_words_right_in_both_end_a_segment_and_one_does_not():
    assert segments_of("a b c d", "x b c y", "a b c d") == [(1, 0), (1, 0)]
    assert segments_of("a b c", "x b y", "a b c") == [(2, 0)]
    assert segments_of("a b c", "x b y", "a b c", num_good_words=1) == [(1, 0), (1, 0)]


def test_a_word_that_one_system_misses_does_not_end_a_segment():
    assert segments_of("a b c d", "x b c y", "a b x d") == [(2, 1)]


def test_insertions_stand_between_words_and_break_what_is_right():
    assert segments_of("a b c", "x b c", "a b q c") == [(1, 1)]
    assert segments_of("a b", "q a b", "a b q") == [(1, 0), (0, 1)]
    assert segments_of("", "q", "") == [(1, 0)]


def test_what_both_have_right_has_no_segment():
    assert segments_of("a b c", "a b c", "a b c") == []


@given(texts, texts, texts)
def test_each_error_is_in_one_segment(reference, first, second):
    found = segments_of(reference, first, second)
    counts = [words.words.errors for words, _ in align([reference] * 2, [first, second])]
    assert [sum(one[side] for one in found) for side in (0, 1)] == counts


def test_z_is_the_mean_difference_over_its_deviation():
    references = ["a b", "a b", "a b", "a b"]
    test = mapsswe(aligned(references, ["x b", "x y", "a b", "a b"]), aligned(references, ["a b", "a b", "a x", "a b"]))
    differences = [1, 2, -1]
    mean = sum(differences) / 3
    deviation = math.sqrt(sum((d - mean) ** 2 for d in differences) / 2)
    assert (test.num_units, test.unit) == (3, "segment")
    assert test.statistic == pytest.approx(mean / (deviation / math.sqrt(3)))
    assert test.p_value == pytest.approx(math.erfc(abs(test.statistic) / math.sqrt(2)))


def test_systems_alike_do_not_differ_and_too_few_segments_say_nothing():
    references = ["a b"] * 3
    same = aligned(references, ["x b"] * 3)
    assert (mapsswe(same, same).statistic, mapsswe(same, same).p_value) == (0.0, 1.0)
    assert mapsswe(same[:1], same[:1]).p_value is None


def test_the_same_difference_in_each_segment_is_infinitely_unlikely():
    references = ["a"] * 30
    right, wrong = aligned(references, references), aligned(references, ["x"] * 30)
    test = mapsswe(right, wrong)
    assert (test.num_units, test.statistic, test.p_value) == (30, -math.inf, 0.0)
    assert mapsswe(wrong, right).statistic == math.inf
    assert mapsswe([], []).num_units == 0
