import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.greedy import GreedyDecoder, greedy
from asr.errors import ShapeError
from asr.tokens import Tokens
from tests.reference import collapse_by_definition, random_log_probs

TOKENS = Tokens(["<blank>", " ", "A", "B"])


@given(seed=st.integers(0, 2**32 - 1), num_frames=st.integers(0, 8))
def test_greedy_search_is_the_collapse_of_each_frames_best_token(seed, num_frames):
    log_probs = random_log_probs(seed, num_frames, len(TOKENS))
    hypothesis = greedy(log_probs, TOKENS)
    assert list(hypothesis.tokens) == collapse_by_definition(tuple(log_probs.argmax(axis=1)))
    assert hypothesis.text == TOKENS.decode(hypothesis.tokens)
    assert hypothesis.score.total == pytest.approx(log_probs.max(axis=1).sum())


def test_a_greedy_decoder_finds_the_same_at_once_and_in_portions():
    log_probs = random_log_probs(3, 12, 4)
    decoder = GreedyDecoder(TOKENS)
    utterance = decoder.incremental()
    for portion in np.split(log_probs, 4):
        utterance.feed(portion)
    assert decoder(log_probs) == [greedy(log_probs, TOKENS)]
    assert [one.text for one in utterance.hypotheses()] == [greedy(log_probs, TOKENS).text]


def test_no_frames_give_the_empty_text():
    hypothesis = greedy(np.zeros((0, 4)), TOKENS)
    assert (hypothesis.text, hypothesis.tokens, hypothesis.score.total) == ("", (), 0.0)


def test_a_vocabulary_of_only_blank_gives_the_empty_text():
    assert greedy(np.zeros((3, 1)), Tokens(["<blank>"])).text == ""


def test_tokens_of_probability_zero_are_fine():
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.eye(4)[[2, 2, 0, 2, 1, 3]])
    hypothesis = greedy(log_probs, TOKENS)
    assert (hypothesis.text, hypothesis.score.total) == ("AA B", 0.0)


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.full((2, 4), 0.25), "these are probabilities: give their natural logarithms"),
        (np.array([[3.0, -1.0, 0.5, 900.0]]), "frame 0 sums to inf .* log-softmax"),
        (np.full((2, 4), -np.inf), "frame 0 sums to 0 in probability"),
        (np.log(np.full((2, 5), 0.2)), "5 classes and there are 4 tokens"),
        (np.log(np.full((1, 2, 4), 0.25)), r"shape \[1, 2, 4\]"),
        (np.array([[np.nan, 0.0, 0.0, 0.0]]), "frame 0 hold NaN"),
        (np.zeros(4), r"shape \[4\]"),
    ],
)
def test_what_are_not_log_probabilities_is_said(log_probs, message):
    with pytest.raises(ShapeError, match=message):
        greedy(log_probs, TOKENS)
