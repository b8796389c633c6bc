import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.decode import Decoder, decode
from asr.decoding.greedy import greedy
from asr.decoding.settings import DecoderSettings
from asr.errors import ConfigError, ShapeError
from asr.tokens import Tokens
from tests.reference import log_probs_of_texts_by_enumeration, prefix_beam_search_by_definition, random_log_probs
from tests.reference_search import random_with_zeros

LETTERS = Tokens(["<blank>", "A", "B"])
WORDS = Tokens(["<blank>", " ", "A"])
TWO_SPACES = Tokens(["<blank>", " ", "A", "\u00a0"])
NO_PRUNING = 10_000

seeds = st.integers(0, 2**32 - 1)
vocabularies = st.sampled_from([LETTERS, WORDS, TWO_SPACES])


@settings(deadline=None)
@given(seeds, st.integers(0, 6), vocabularies, st.sampled_from([random_log_probs, random_with_zeros]))
def test_a_beam_that_never_prunes_finds_every_text_with_its_exact_probability(seed, num_frames, tokens, make):
    log_probs = make(seed, num_frames, len(tokens))
    expected = log_probs_of_texts_by_enumeration(log_probs, tokens.labels)
    found = {h.text: h.score.total for h in decode(log_probs, tokens, beam_size=NO_PRUNING)}
    assert found == pytest.approx(expected)  # to 1e-6 of each: float64 sums in two orders


@settings(deadline=None)
@given(seeds, st.integers(0, 12), vocabularies, st.integers(1, 8))
def test_hypotheses_are_sorted_distinct_and_no_more_than_the_beam(seed, num_frames, tokens, beam_size):
    hypotheses = decode(random_log_probs(seed, num_frames, len(tokens)), tokens, beam_size=beam_size)
    totals = [h.score.total for h in hypotheses]
    assert totals == sorted(totals, reverse=True)
    assert 1 <= len({h.text for h in hypotheses}) == len(hypotheses) <= beam_size
    assert all(tokens.decode(h.tokens) == h.text for h in hypotheses)


@settings(deadline=None)
@given(seeds, st.integers(0, 20), st.sampled_from([LETTERS, WORDS]), st.integers(1, 8))
def test_a_beam_that_prunes_keeps_what_the_textbook_keeps(seed, num_frames, tokens, beam_size):
    log_probs = random_log_probs(seed, num_frames, len(tokens), sharpness=1.0)
    expected = prefix_beam_search_by_definition(log_probs, tokens.labels, beam_size)
    assert {h.text: h.score.total for h in decode(log_probs, tokens, beam_size=beam_size)} == pytest.approx(expected)


@settings(deadline=None)
@given(seeds, st.integers(1, 6), vocabularies, st.integers(1, 6))
def test_pruning_can_only_lose_probability(seed, num_frames, tokens, beam_size):
    log_probs = random_log_probs(seed, num_frames, len(tokens))
    exact = log_probs_of_texts_by_enumeration(log_probs, tokens.labels)
    for hypothesis in decode(log_probs, tokens, beam_size=beam_size):
        assert hypothesis.score.total <= exact[hypothesis.text] + 1e-9


@settings(deadline=None)
@given(seeds, st.integers(0, 8), vocabularies)
def test_the_best_text_is_at_least_as_probable_as_the_greedy_path(seed, num_frames, tokens):
    log_probs = random_log_probs(seed, num_frames, len(tokens))
    best = decode(log_probs, tokens, beam_size=NO_PRUNING)[0]
    assert best.score.total >= greedy(log_probs, tokens).score.total - 1e-9


def test_paths_that_differ_only_in_spaces_are_one_text():
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0.5, 0.2, 0.3], [0.0, 0.0, 1.0], [0.4, 0.6, 0.0], [0.3, 0.7, 0.0]])
    hypotheses = decode(log_probs, WORDS)
    assert [h.text for h in hypotheses] == ["A"]
    assert hypotheses[0].score.total == pytest.approx(0.0, abs=1e-12)
    assert hypotheses[0].tokens == (2,)


def test_no_frames_give_the_empty_text_surely():
    assert [(h.text, h.score.total) for h in decode(np.zeros((0, 3)), WORDS)] == [("", 0.0)]


def test_a_vocabulary_of_only_blank_gives_the_empty_text():
    assert [(h.text, h.score.total) for h in decode(np.zeros((4, 1)), Tokens(["<blank>"]))] == [("", 0.0)]


def test_a_prefix_that_left_the_beam_and_came_back_is_not_listed_twice():
    for seed in range(200):
        texts = [h.text for h in decode(random_log_probs(seed, 30, 3, sharpness=1.0), LETTERS, beam_size=3)]
        assert len(set(texts)) == len(texts)


def test_a_beam_of_no_prefixes_is_refused():
    with pytest.raises(ConfigError, match="beam_size = 0"):
        decode(np.zeros((0, 3)), LETTERS, beam_size=0)


def test_other_settings_change_the_search_but_not_its_unit():
    log_probs = random_log_probs(0, 4, 3)
    decoder = Decoder(LETTERS, DecoderSettings(beam_size=1))
    assert decoder.with_settings(DecoderSettings(word_bonus=1.0))(log_probs) == decode(log_probs, LETTERS, word_bonus=1)
    with pytest.raises(ConfigError, match="lm_unit = 'token'"):
        decoder.with_settings(DecoderSettings(lm_unit="token"))


def test_probabilities_are_refused():
    with pytest.raises(ShapeError, match="these are probabilities"):
        decode(np.full((2, 3), 1 / 3), LETTERS)
