from dataclasses import replace

import numpy as np
import pytest

from asr.config import TokenConfig
from asr.decoding.lexicon import Lexicon
from asr.decoding.settings import DecoderSettings
from asr.errors import RunError, ScoringError
from asr.tokens import Tokens
from asr.tuning.decoder import RANGES, DecoderStudy
from asr.tuning.development import DevelopmentSet
from asr.tuning.study import Trial, read_trials

SETTINGS = DecoderSettings(beam_size=8, token_min_log_prob=-12.0, lm_weight=3.0)


@pytest.fixture
def study(material, lm):
    """Return a function that makes a study of the same material anew."""
    tokens = Tokens.load(material.run / "tokens.json")
    development = DevelopmentSet.load(material.log_probs, material.manifest, tokens)

    def make(lexicon=None, **options):
        return DecoderStudy(tokens, options.pop("development", development), SETTINGS, lm, lexicon, **options)

    return make


def test_tuning_makes_fewer_errors_than_greedy_search_and_the_beam_alone(study, tmp_path):
    tuned = study(jobs=2)
    seen = []
    tuned.run(24, tmp_path / "t.jsonl", on_trial=seen.append)
    assert seen == tuned.trials and len(seen) == 24
    scores = tuned.scores()
    assert scores["beam_lm"].wer == tuned.best.wer == min(trial.wer for trial in seen)
    assert scores["beam_lm"].wer < min(scores["greedy"].wer, scores["beam"].wer)
    for trial in seen[1:]:
        assert all(low <= trial.weights[name] <= high for name, (low, high) in RANGES.items())


def test_from_the_twentieth_trial_on_the_neighbourhood_of_the_best_is_tried(study, tmp_path):
    tuned = study(jobs=2)
    tuned.run(26, tmp_path / "t.jsonl")
    whole, wide, near = tuned.trials, [], []
    for number in range(9, 26):
        tuned.trials = whole[:number]
        away = abs(whole[number].word_bonus - tuned.best.word_bonus)
        (near if number >= 20 else wide).append(away)
    assert max(near) < 2.5 < max(wide)


def test_of_trials_with_the_same_errors_the_most_central_is_taken(study):
    tuned = study()
    weights = [
        (0.03, 0.0, 0.0, -3.0, 0.0),
        (0.3, 1.0, 1.0, -4.0, -1.0),
        (3.0, 2.0, 2.0, -5.0, -2.0),
        (0.3, 1.0, 1.0, -4.0, -1.0),
    ]
    errors = [(0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.2)]
    tuned.trials = [Trial(n, *weights[n], *errors[n], study="") for n in range(4)]
    assert tuned.best.trial == 1


def test_only_weights_are_chosen(study, tmp_path):
    tuned = study()
    tuned.run(2, tmp_path / "t.jsonl")
    weights = tuned.best.weights
    assert set(weights) == {"lm_weight", "word_bonus", "blank_penalty", "oov_penalty", "oov_letter_penalty"}
    assert tuned.best_settings() == replace(SETTINGS, **weights)


def test_a_study_that_was_interrupted_ends_as_if_it_had_not_been(study, tmp_path):
    whole, part, rest = study(), study(jobs=2), study()
    whole.run(20, tmp_path / "whole.jsonl")

    def interrupt(trial):
        if trial.trial == 17:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        part.run(20, tmp_path / "t.jsonl", on_trial=interrupt)
    assert part.trials == whole.trials[:18] == read_trials(tmp_path / "t.jsonl", whole.trials[0].study)
    rest.run(20, tmp_path / "t.jsonl")
    assert rest.trials == whole.trials


def test_another_seed_or_lexicon_is_another_study(study, tmp_path):
    study().run(1, tmp_path / "t.jsonl")
    for other in (study(seed=2), study(Lexicon(["GO", "ON"])), study(normaliser="basic")):
        with pytest.raises(RunError, match="something else"):
            other.run(2, tmp_path / "t.jsonl")


def test_a_penalty_that_can_change_nothing_is_not_searched(study, tmp_path):
    tuned = study(Lexicon(["GO", "ON", "NO", "STOP"]))
    tuned.run(3, tmp_path / "t.jsonl")
    assert {trial.oov_penalty for trial in tuned.trials} == {0.0}
    some_unknown = study(Lexicon(["GO", "ON", "SPOT"]))
    some_unknown.run(3, tmp_path / "other.jsonl")
    assert len({trial.oov_penalty for trial in some_unknown.trials}) == 3
    assert len({trial.oov_letter_penalty for trial in some_unknown.trials}) == 1
    without = study()
    without.run(3, tmp_path / "without.jsonl")
    assert len({trial.oov_letter_penalty for trial in without.trials}) == 3


def test_the_beam_alone_has_the_words_of_the_language_model_where_labels_are_phones(lm, tmp_path):
    (tmp_path / "words.txt").write_text("GO  G OW\nNO  N OW\n")
    config = TokenConfig(kind="phones", dictionary=str(tmp_path / "words.txt"), guess=False)
    tokens = Tokens.from_config(config, [])
    log_probs = np.log(np.full((3, len(tokens)), 0.1))
    log_probs[range(3), [*tokens.encode("GO"), 0]] = np.log(0.7)
    tuned = DecoderStudy(tokens, DevelopmentSet({"a": "GO"}, {"a": log_probs}), SETTINGS, lm)
    tuned.run(2, tmp_path / "t.jsonl")
    scores = tuned.scores()
    assert scores["beam"].wer == 0.0
    assert "greedy" not in scores  # it finds phones, which are no words
    assert {trial.oov_penalty for trial in tuned.trials} == {0.0}


def test_references_without_a_word_are_refused(study):
    with pytest.raises(ScoringError, match="no word"):
        study(development=DevelopmentSet({"a": " "}, {}))
