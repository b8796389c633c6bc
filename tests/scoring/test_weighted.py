from hypothesis import given
from hypothesis import strategies as st

from asr.scoring.counts import align
from asr.scoring.weighted import GAP, SUBSTITUTION, align_weighted
from tests.reference_scoring import least_weight, weight_of

word_lists = st.lists(st.sampled_from("abc"), max_size=8)


@given(word_lists, word_lists)
def test_no_alignment_weighs_less(reference, hypothesis):
    words = align_weighted(reference, hypothesis)
    assert [said for said, _ in words if said is not None] == reference
    assert [found for _, found in words if found is not None] == hypothesis
    assert (None, None) not in words
    assert weight_of(words, SUBSTITUTION, GAP) == least_weight(reference, hypothesis, SUBSTITUTION, GAP)


@given(word_lists, word_lists)
def test_its_errors_are_never_fewer_than_jiwers(reference, hypothesis):
    texts = [" ".join(reference)], [" ".join(hypothesis)]
    assert align(*texts, weights="sclite")[0][0].words.errors >= align(*texts)[0][0].words.errors


def test_three_substitutions_weigh_as_much_as_two_insertions_and_two_deletions():
    texts = ["a b c d"], ["b d a b"]
    (jiwer,), (sclite,) = align(*texts), align(*texts, weights="sclite")
    assert jiwer[0].words.errors <= sclite[0].words.errors
    assert sclite[0].words.hits >= jiwer[0].words.hits


def test_a_pair_is_chosen_before_a_gap_and_an_insertion_before_a_deletion_from_the_end():
    assert align_weighted(["a"], ["b", "c"]) == ((None, "b"), ("a", "c"))
    assert align_weighted(["a", "b"], ["c"]) == (("a", None), ("b", "c"))
    assert align_weighted([], []) == ()
