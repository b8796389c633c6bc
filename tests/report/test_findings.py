"""What a report finds beside rates: words inserted and deleted, unseen words, confidence, groups, noise, facts."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.decoding.hypothesis import Word
from asr.errors import AudioError, ManifestError
from asr.report.breakdown import group_values
from asr.report.errors import WordCount, best, errors_of
from asr.report.noise import estimate_snr_db, with_snr
from asr.report.recogniser_facts import recogniser_facts
from asr.report.reliability import reliability_of
from asr.report.unseen import TrainingText, read_training_text, unseen_words
from asr.report.utterance_facts import UtteranceFacts, facts_of
from asr.scoring.score import score
from asr.scoring.transcripts import Transcripts
from asr.text import get_normaliser


def scored(references, hypotheses, **options):
    return score(references, hypotheses, **options).utterances


def test_words_most_often_inserted_and_deleted_stand_beside_how_often_they_are_there():
    errors = errors_of(scored({"a": "the cat the end", "b": "so it is"}, {"a": "the cat end", "b": "so so so it is"}))
    assert errors.insertions == (WordCount("so", 2, 3),)
    assert errors.deletions == (WordCount("the", 1, 2),)


def test_the_best_are_the_longest_without_an_error():
    names = [
        one.id
        for one in best(
            scored({"a": "x", "b": "x y", "c": "x y z", "d": ""}, {"a": "x", "b": "x y", "c": "x", "d": ""})
        )
    ]
    assert names == ["b", "a"]


def test_unseen_words_are_counted_apart_from_seen_ones():
    found = unseen_words(
        scored({"a": "the cat sat", "b": "the dog sat"}, {"a": "the cat sad", "b": "the dock sat"}),
        TrainingText("train.txt", frozenset(["the", "cat", "sat"])),
    )
    assert (found.words, found.errors, found.seen_words, found.seen_errors) == (1, 1, 5, 1)
    assert found.most_frequent == (WordCount("dog", 1, 1),)


def test_training_text_is_a_text_or_a_manifest_normalised_as_what_is_compared(tmp_path):
    (tmp_path / "a.txt").write_text("The CAT\n\nsat.\n")
    (tmp_path / "b.jsonl").write_text(json.dumps({"audio_filepath": "b.wav", "duration": 1, "text": "Dog!"}) + "\n")
    text = read_training_text([tmp_path / "a.txt", tmp_path / "b.jsonl"], get_normaliser("basic"))
    assert text.words == {"the", "cat", "sat", "dog"}


def confident(*words):
    return UtteranceFacts(words=tuple(Word(word, 0.0, 1.0, confidence) for word, confidence in words))


def test_confidence_is_judged_word_by_word():
    utterances = scored({"a": "the cat sat"}, {"a": "the cap sat on"})
    facts = {"a": confident(("the", 0.95), ("cap", 0.15), ("sat", 0.85), ("on", 0.25))}
    reliability = reliability_of(utterances, facts, get_normaliser("none"))
    assert reliability is not None and reliability.num_words == 4
    right = {one.low: one.share_correct for one in reliability.bins if one.num_words}
    assert right == pytest.approx({0.1: 0.0, 0.2: 0.0, 0.8: 1.0, 0.9: 1.0})
    assert reliability.normalised_cross_entropy > 0.5


def test_words_are_judged_after_normalising_and_texts_that_are_not_their_words_are_left_out():
    normalise = get_normaliser("english")
    references = {"a": "it's nice", "b": "twenty one"}
    utterances = scored(references, references, normaliser=normalise)
    facts = {"a": confident(("It's", 0.5), ("nice.", 0.5)), "b": confident(("twenty", 0.5), ("one", 0.5))}
    reliability = reliability_of(utterances, facts, normalise)
    assert reliability is not None
    assert (reliability.num_words, reliability.num_left_out) == (2, 2)
    assert reliability_of(utterances, {}, normalise) is None


def transcripts(texts, rows=None, path="r.jsonl"):
    return Transcripts(Path(path), texts, rows or {})


def test_utterances_are_grouped_by_length_and_speaking_rate():
    texts = {"a": "", "b": "x", "c": "x " * 7, "d": "x " * 200}
    facts = {name: UtteranceFacts(speaking_rate=2.5 if name == "c" else None) for name in texts}
    groups = group_values(["length", "speaking_rate"], transcripts(texts), facts)
    assert groups["length"] == {"a": "0 words", "b": "1 to 5 words", "c": "6 to 10 words", "d": "81 words and more"}
    assert groups["speaking_rate"] == {"a": "(none)", "b": "(none)", "c": "2 to 3 words a second", "d": "(none)"}


def test_a_key_of_the_lines_comes_before_one_that_is_measured():
    references = transcripts({"a": "x"}, {"a": {"length": "short"}})
    assert group_values(["length"], references, {"a": UtteranceFacts()}) == {"length": {"a": "short"}}


def test_groups_are_in_natural_order():
    texts = {str(i): "x " * i for i in (30, 3, 8)}
    groups = group_values(["length"], transcripts(texts), {name: UtteranceFacts() for name in texts})
    assert list(score(texts, texts, groups=groups).groups["length"]) == [
        "1 to 5 words",
        "6 to 10 words",
        "21 to 40 words",
    ]


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 25.0])
def test_the_ratio_at_which_speech_and_noise_were_mixed_is_found(snr_db):
    rng = np.random.default_rng(0)
    speech = rng.normal(size=48_000) * (np.sin(np.arange(48_000) / 3000) > 0.3)  # bursts, and pauses between them
    noise = rng.normal(size=48_000) * np.sqrt(np.mean(speech**2)) * 10 ** (-snr_db / 20)
    # The quietest tenth of the frames is a little quieter than the noise.
    assert estimate_snr_db(speech + noise, 16_000) == pytest.approx(snr_db, abs=1.0)


def test_too_little_sound_has_no_ratio_and_silence_between_words_the_highest():
    assert estimate_snr_db(np.zeros(16_000), 16_000) is None
    assert estimate_snr_db(np.ones(100), 16_000) is None
    half = np.concatenate([np.zeros(8000), np.random.default_rng(0).normal(size=8000)])
    assert estimate_snr_db(half, 16_000) == 80.0


def test_audio_is_read_where_it_is_and_named_where_not(tmp_path):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "a.wav", rng.normal(size=(8000, 2)) * 0.1, 8000)
    facts = {
        "a": UtteranceFacts(audio=tmp_path / "a.wav"),
        "b": UtteranceFacts(audio=tmp_path / "a.wav", channel=2),
        "c": UtteranceFacts(),
        "d": UtteranceFacts(audio=tmp_path / "gone.wav"),
    }
    failed = {}
    measured = with_snr(facts, failed.__setitem__)
    assert measured["a"].snr_db is not None
    assert list(failed) == ["b", "c", "d"]
    assert "no channel 2" in failed["b"]


def test_facts_of_an_utterance_come_from_the_lines_of_both_sides():
    references = transcripts(
        {"a": "x y", "b": "z"},
        {"a": {"audio_filepath": "s/a.wav", "duration": 4, "speaker": 7, "offset": 1.5, "channel": 1}, "b": {}},
        "data/r.jsonl",
    )
    hypotheses = transcripts(
        {"a": "x"},
        {"a": {"words": [{"word": "x", "start": 0, "end": 1, "probability": 0.5}]}, "b": {"audio_filepath": "/b.wav"}},
        "runs/h.jsonl",
    )
    facts = facts_of(references, hypotheses)
    assert facts["a"] == UtteranceFacts(
        "7", 4.0, Path("data/s/a.wav"), 1.5, 1, (Word("x", 0.0, 1.0, 0.5),), speaking_rate=0.5
    )
    assert facts["b"].audio == Path("/b.wav")


def test_numbers_of_csv_are_read_and_nonsense_is_nothing():
    rows = {"a": {"duration": "2.0"}, "b": {"duration": "nan"}, "c": {"duration": []}, "d": {"duration": True}}
    facts = facts_of(transcripts(dict.fromkeys(rows, "x y"), rows), transcripts({}))
    assert [facts[name].duration for name in rows] == [2.0, None, None, None]
    assert facts["a"].speaking_rate == 1.0


@pytest.mark.parametrize("word", [{"confidence": 1.5}, {"start": "soon"}, {"word": 3}])
def test_words_with_nonsense_are_named(word):
    rows = {"a": {"words": [{"word": "x", "start": 0, "end": 1} | word]}}
    with pytest.raises(ManifestError, match=r"h\.jsonl: a: word .* confidence lies in 0 to 1"):
        facts_of(transcripts({"a": "x"}), transcripts({"a": "x"}, rows, "h.jsonl"))


def test_words_of_another_kind_have_no_times():
    rows = {"a": {"words": ["x", "y"]}}
    assert facts_of(transcripts({"a": "x"}), transcripts({"a": "x"}, rows))["a"].words == ()


def test_facts_of_the_run_are_read_beside_the_hypotheses(tmp_path):
    path = tmp_path / "environment.json"
    assert recogniser_facts(tmp_path / "h.jsonl") == {}
    path.write_text(json.dumps({"versions": {"keras": "3.15"}, "seed": 1, "command": ["asr", "train", "a b"]}))
    assert recogniser_facts(tmp_path / "h.jsonl") == {
        "Trained with": "keras 3.15",
        "Seed": "1",
        "Training": "asr train 'a b'",
    }
    for content in ("[]", '{"versions": 3, "command": "x"}'):
        path.write_text(content)
        assert recogniser_facts(tmp_path / "h.jsonl") == {}
    path.write_text("{")
    with pytest.raises(ManifestError, match="not JSON"):
        recogniser_facts(tmp_path / "h.jsonl")


def test_an_audio_error_of_a_file_is_no_error_of_the_report(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"no sound")
    failed = []
    with_snr({"a": UtteranceFacts(audio=tmp_path / "a.wav")}, lambda name, reason: failed.append(name))
    assert failed == ["a"] and issubclass(AudioError, Exception)
