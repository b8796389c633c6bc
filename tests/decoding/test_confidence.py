import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.align import align
from asr.decoding.confidence import combined, confirmations, frame_confidences, posteriors, words_confirmed
from asr.decoding.confirm_kernel import confirmed_of
from asr.decoding.hypothesis import Hypothesis, Score
from asr.tokens import Tokens

sentences = st.lists(st.sampled_from("ABC"), max_size=6)
n_bests = st.lists(st.tuples(sentences, st.floats(-30, 0)), min_size=1, max_size=5)


def hypotheses_of(n_best):
    ranked = sorted(n_best, key=lambda pair: -pair[1])
    return [Hypothesis(" ".join(words), (), Score(total)) for words, total in ranked]


def posteriors_of(hypotheses, scale=1.0):
    totals = np.array([hypothesis.score.total for hypothesis in hypotheses])
    return posteriors(totals, confirmations(hypotheses), scale)


def edit_distance_by_definition(words, others):
    if not words or not others:
        return len(words) + len(others)
    return min(
        edit_distance_by_definition(words[1:], others[1:]) + (words[0] != others[0]),
        edit_distance_by_definition(words[1:], others) + 1,
        edit_distance_by_definition(words, others[1:]) + 1,
    )


def confirmed_sets_by_enumeration(words, others):
    """The sets of confirmed positions of every alignment with the fewest edits."""
    found = set()
    for size in range(min(len(words), len(others)) + 1):
        for left in itertools.combinations(range(len(words)), size):
            for right in itertools.combinations(range(len(others)), size):
                same = [i for i, j in zip(left, right, strict=True) if words[i] == others[j]]
                edits = len(words) + len(others) - size - len(same)
                if edits == edit_distance_by_definition(words, others):
                    found.add(tuple(same))
    return found


@given(sentences.map(lambda s: s[:4]), sentences.map(lambda s: s[:4]))
def test_words_are_confirmed_by_an_alignment_with_the_fewest_edits(words, others):
    confirmed = words_confirmed(words, others)
    assert tuple(np.flatnonzero(confirmed)) in confirmed_sets_by_enumeration(words, others)


@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(0, 2), max_size=6))
def test_the_kernel_does_what_its_python_does(left, right):
    left, right = np.array(left, np.int64), np.array(right, np.int64)
    np.testing.assert_array_equal(confirmed_of(left, right), confirmed_of.py_func(left, right))


def test_a_word_is_as_sure_as_the_hypotheses_that_have_it_there():
    n_best = [("GO ON HOME", 0.5), ("SO ON HOME", 0.3), ("GO HOME", 0.2)]
    hypotheses = [Hypothesis(text, (), Score(np.log(p))) for text, p in n_best]
    assert posteriors_of(hypotheses) == pytest.approx([0.7, 0.8, 1.0])
    assert posteriors_of(hypotheses, scale=0.0) == pytest.approx([2 / 3, 2 / 3, 1.0])


def test_a_word_elsewhere_does_not_count():
    hypotheses = [Hypothesis(text, (), Score(np.log(0.5))) for text in ("A B C D", "B A C D")]
    assert posteriors_of(hypotheses)[2:] == pytest.approx([1.0, 1.0])
    assert posteriors_of(hypotheses)[:2].min() == pytest.approx(0.5)


@given(n_bests, st.floats(0, 3))
def test_posteriors_are_probabilities_of_each_word_of_the_best(n_best, scale):
    hypotheses = hypotheses_of(n_best)
    found = posteriors_of(hypotheses, scale=scale)
    assert found.shape == (len(hypotheses[0].text.split()),)
    assert ((found >= 0) & (found <= 1)).all()
    best_share = 1 / np.exp([scale * (h.score.total - hypotheses[0].score.total) for h in hypotheses]).sum()
    assert (found >= best_share - 1e-9).all()


def test_one_hypothesis_is_sure_and_the_empty_text_has_no_words():
    assert posteriors_of([Hypothesis("A B", (), Score(-1e6))]).tolist() == [1.0, 1.0]
    assert posteriors_of([Hypothesis("", (), Score(0.0)), Hypothesis("A", (), Score(-1.0))]).tolist() == []


def test_frames_say_how_sure_they_were_of_each_words_labels():
    tokens = Tokens(["<blank>", " ", "A", "B"])
    rows = np.array([[0.1, 0, 0.9, 0], [0.2, 0, 0, 0.8], [0, 1, 0, 0], [0.5, 0, 0.5, 0]])
    log_probs = np.log(rows + 1e-12)
    labels = tokens.encode("AB A")
    found = frame_confidences(log_probs, labels, tokens.words(labels), align(log_probs, labels, separators=[1]))
    assert found == pytest.approx([(0.9 * 0.8) ** 0.5, 0.5])
    assert frame_confidences(log_probs, [], [], align(log_probs, [])).shape == (0,)


def test_both_confidences_are_mixed_in_proportion():
    posteriors, frames = np.array([1.0, 0.25, 0.0]), np.array([0.49, 0.25, 0.5])
    assert combined(posteriors, frames, 0.5) == pytest.approx([0.7, 0.25, 0.0])
    assert combined(posteriors, frames, 0.0) == pytest.approx(posteriors)
    assert combined(posteriors, frames, 1.0) == pytest.approx(frames)
    assert combined(np.zeros(0), np.zeros(0), 0.5).shape == (0,)
