import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.decode import Decoder
from asr.decoding.hypothesis import Hypothesis, Score
from asr.decoding.lm import LanguageModel
from asr.decoding.rescoring import RescoringDecoder, rescore
from asr.decoding.settings import DecoderSettings
from asr.errors import ConfigError
from asr.tokens import Tokens
from tests.reference import random_log_probs


class Lengths:
    """A language model in which each word costs a nat."""

    def score(self, words):
        return -float(len(words))


scores = st.builds(Score, st.floats(-50, 0), st.floats(-50, 0), st.floats(-5, 5))
n_bests = st.lists(st.builds(Hypothesis, st.sampled_from(["", "A", "A B", "B C D"]), st.just((1,)), scores), max_size=5)


@given(n_bests, st.floats(0, 3), st.floats(0, 1))
def test_only_the_language_models_part_changes(hypotheses, weight, share):
    rescored = rescore(hypotheses, Lengths(), weight=weight, first_pass_share=share)
    totals = [h.score.total for h in rescored]
    assert totals == sorted(totals, reverse=True)
    parts = [(h.text, h.score.acoustic, h.score.bonus) for h in hypotheses]
    assert sorted((h.text, h.score.acoustic, h.score.bonus) for h in rescored) == sorted(parts)
    expected = [share * h.score.lm - (1 - share) * weight * len(h.text.split()) for h in hypotheses]
    assert sorted(h.score.lm for h in rescored) == pytest.approx(sorted(expected))


@given(n_bests)
def test_the_first_passs_share_of_one_is_the_first_pass(hypotheses):
    ranked = sorted(hypotheses, key=lambda h: -h.score.total)
    assert rescore(hypotheses, Lengths(), weight=1.0, first_pass_share=1.0) == ranked


def test_a_larger_model_corrects_the_first_pass(tmp_path):
    arpa = tmp_path / "unigrams.arpa"
    lines = [
        "",
        "\\data\\",
        "ngram 1=4",
        "",
        "\\1-grams:",
        "-99\t<s>",
        "-1\t</s>",
        "-3\tTWO",
        "-1\tTO",
        "",
        "\\end\\",
        "",
    ]
    arpa.write_text("\n".join(lines))
    hypotheses = [Hypothesis("TWO", (1,), Score(-1.0, lm=-7.0)), Hypothesis("TO", (2,), Score(-1.5, lm=-9.0))]
    best, other = rescore(hypotheses, LanguageModel(arpa), weight=0.5)
    assert (best.text, other.text) == ("TO", "TWO")
    assert best.score.lm == pytest.approx(0.5 * -2 * math.log(10), rel=1e-5)  # the model holds float32


def test_a_search_with_a_second_pass_gives_what_its_beam_holds_in_the_new_order():
    tokens, log_probs = Tokens(["<blank>", " ", "A", "B"]), random_log_probs(3, 6, 4)
    search = Decoder(tokens, DecoderSettings(beam_size=30, word_bonus=0.5))
    two_passes = RescoringDecoder(search, Lengths(), 2.0)
    found = two_passes(log_probs)
    assert found == rescore(search(log_probs), Lengths(), weight=2.0) and len(found) > 10
    assert [h.text for h in found] != [h.text for h in search(log_probs)]
    assert two_passes(log_probs, 3) == found[:3]
    assert two_passes.settings == search.settings


@pytest.mark.parametrize("options", [{"weight": -1.0}, {"weight": math.nan}, {"weight": 1.0, "first_pass_share": 1.5}])
def test_weights_that_are_none_are_refused(options):
    with pytest.raises(ConfigError, match="first_pass_share"):
        rescore([], Lengths(), **options)
