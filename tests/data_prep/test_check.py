"""Each rule finds what it is for, and finds nothing in what is in order."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from asr.config import parse_config
from asr.errors import ManifestError
from asr.manifest import Utterance, read_manifest, write_manifest
from data_prep import an4
from data_prep.check import check_manifest

TEXTS = [f"THIS IS UTTERANCE {letter}" for letter in "ABCDEFGH"]


@pytest.fixture
def utterances(tmp_path, write_tone):
    """Eight recordings of two seconds, no two alike, with nothing wrong."""
    return [
        Utterance(f"u{n}", write_tone(tmp_path / f"u{n}.wav", 2.0, 200.3 + 10 * n), 2.0, text, speaker=f"s{n % 2}")
        for n, text in enumerate(TEXTS)
    ]


@pytest.fixture
def check(tmp_path, report):
    def run(utterances, config=None):
        write_manifest(tmp_path / "all.jsonl", utterances)
        return check_manifest(tmp_path / "all.jsonl", config, report)

    return run


def changed(utterances, index, **values):
    """Return the utterances with one attribute or more of one of them changed."""
    return [replace(u, **values) if n == index else u for n, u in enumerate(utterances)]


def kinds(result):
    return [(finding.kind, finding.id) for finding in result.findings]


def test_a_manifest_in_order_has_totals_and_no_findings(utterances, check):
    result = check(utterances, parse_config({}, "test"))
    assert result.findings == ()
    assert (result.utterances, result.speakers, result.words, result.distinct_words) == (8, 2, 32, 11)
    assert result.hours == pytest.approx(16 / 3600, abs=1e-4)
    assert (result.shortest_s, result.median_s, result.longest_s) == (2.0, 2.0, 2.0)
    assert (result.sample_rates_hz, result.channels) == ({16_000: 8}, {1: 8})
    assert result.characters["U"] == 8


def test_clipped_recordings_are_named_with_their_share(utterances, check):
    samples, rate = soundfile.read(utterances[3].audio_filepath)
    soundfile.write(utterances[3].audio_filepath, np.clip(samples * 10, -1, 1), rate)
    result = check(utterances)
    assert kinds(result) == [("clipped", "u3")]
    assert "% of the samples" in result.findings[0].message


@pytest.mark.parametrize("amplitude", [0.0, 0.001])
def test_silent_recordings_are_named(utterances, check, write_tone, amplitude):
    write_tone(utterances[2].audio_filepath, 2.0, amplitude=amplitude)
    assert kinds(check(utterances)) == [("silent", "u2")]


def test_long_recordings_are_named(utterances, check, write_tone):
    write_tone(utterances[0].audio_filepath, 40.0)
    long = changed(utterances, 0, duration=40.0, text="A LONG SILENCE AND MANY WORDS " * 4)
    assert kinds(check(long)) == [("long", "u0")]


def test_a_duration_that_is_not_the_files_is_named(utterances, check):
    result = check(changed(utterances, 1, duration=1.5))
    assert kinds(result) == [("wrong duration", "u1")]
    assert result.findings[0].message == "1.5 s in the manifest, 2 s in the file"


def test_pieces_of_one_recording_are_shorter_than_it_by_right(utterances, check):
    audio = utterances[0].audio_filepath
    pieces = changed(utterances, 0, duration=1.0)
    pieces = changed(pieces, 1, duration=1.0, offset=1.0, audio_filepath=audio)
    assert kinds(check(pieces)) == []


def test_what_cannot_be_read_is_named_with_the_reason(utterances, check):
    utterances[4].audio_filepath.unlink()
    utterances[5].audio_filepath.write_text("this is text")
    result = check(changed(utterances, 6, duration=9.0))
    assert kinds(result) == [("unreadable", "u4"), ("unreadable", "u5"), ("unreadable", "u6")]
    assert "No such file" in result.findings[0].message
    assert "not audio" in result.findings[1].message
    assert "the span ends" in result.findings[2].message


def test_more_text_than_can_be_spoken_is_named(utterances, check):
    assert kinds(check(changed(utterances, 0, text="TOO MUCH TO SAY " * 5))) == [("odd rate", "u0")]


def test_hardly_any_text_for_a_long_recording_is_named(utterances, check, write_tone):
    write_tone(utterances[0].audio_filepath, 9.0)
    assert kinds(check(changed(utterances, 0, duration=9.0, text="A"))) == [("odd rate", "u0")]


def test_repeated_samples_are_named_with_the_first(utterances, check):
    utterances[7].audio_filepath.write_bytes(utterances[2].audio_filepath.read_bytes())
    result = check(utterances)
    assert kinds(result) == [("repeated audio", "u7")]
    assert result.findings[0].message == "the same samples as u2"


def test_repeated_sentences_are_named_and_repeated_words_are_not(utterances, check):
    sentence = "A SENTENCE OF FIVE WORDS"
    assert kinds(check(changed(changed(utterances, 1, text=sentence), 3, text=sentence))) == [("repeated text", "u3")]
    assert kinds(check(changed(changed(utterances, 1, text="YES"), 3, text="YES"))) == []


@pytest.mark.parametrize("character", ["\t", "\u200b", "\ufffd", "\x07", "\ue000", "\u00a0"])
def test_characters_that_no_text_should_have_are_named(utterances, check, character):
    everywhere = [u for n in range(8) for u in changed(utterances, n, text=f"WORD{character}{n}")[n : n + 1]]
    assert {kind for kind, _ in kinds(check(everywhere))} == {"odd text"}
    assert f"U+{ord(character):04X}" in check(everywhere).findings[0].message


def test_signs_and_scripts_that_hardly_any_text_has_are_named(tmp_path, write_tone, check):
    # 150 utterances of one recording, so that one is less than a hundredth.
    audio = write_tone(tmp_path / "a.wav", 150.0)
    texts = [f"DON'T SAY NÉ {'ABC'[n % 3]}." for n in range(150)]
    texts[7] = "ST\N{CYRILLIC CAPITAL LETTER O}P."
    texts[9] = "NO; NO."
    many = [Utterance(f"u{n}", audio, 1.0, text, offset=float(n)) for n, text in enumerate(texts)]
    result = [finding for finding in check(many).findings if finding.kind == "odd text"]
    assert [(finding.id, finding.message) for finding in result] == [
        ("u7", "odd characters: 'О' (U+041E CYRILLIC CAPITAL LETTER O)"),  # noqa: RUF001
        ("u9", "odd characters: ';' (U+003B SEMICOLON)"),
    ]


def test_an_empty_text_is_named(utterances, check):
    result = check(changed(utterances, 0, text=" "))
    assert [(finding.kind, finding.message) for finding in result.findings] == [("odd text", "the text is empty")]


def test_text_that_the_tokens_cannot_spell_is_named(utterances, check):
    config = parse_config({"tokens": {"labels": list(" ABCDEFGHIJKLMNOPQRSTUVWXYZ")}}, "test")
    result = check(changed(utterances, 0, text="CAFÉ AND MORE"), config)
    assert [finding for finding in kinds(result) if finding[0] == "not spellable"] == [("not spellable", "u0")]


def test_what_ctc_cannot_align_is_named_at_the_exact_bound(utterances, check):
    """2 s are 197 frames of 512 samples every 160; a stride of 8 leaves 25 outputs for labels and repeats."""
    config = parse_config({"model": {"conv": [{"stride": [8, 2]}]}}, "test")
    fits, too_long = "AB" * 12 + "A", "AB" * 12 + "BA"  # 25 labels; 26 labels with a repeat
    assert kinds(check(changed(utterances, 0, text=fits), config)) == []
    result = check(changed(utterances, 0, text=too_long), config)
    assert kinds(result) == [("not alignable", "u0")]
    assert result.findings[0].message == "CTC needs 27 frames for the text, and the model makes 25 of 2.00 s"
    assert kinds(check(changed(utterances, 0, text="AB" * 11 + "AAB"), config)) == [("not alignable", "u0")]


def test_json_holds_every_finding(utterances, check):
    value = check(changed(utterances, 1, duration=1.5)).to_json()
    assert value["findings"] == (
        {"kind": "wrong duration", "id": "u1", "message": "1.5 s in the manifest, 2 s in the file"},
    )


def test_a_manifest_that_is_not_there_is_an_error(tmp_path, report):
    with pytest.raises(ManifestError, match=r"no\.jsonl: No such file"):
        check_manifest(tmp_path / "no.jsonl", None, report)


def test_an_empty_manifest_is_an_error(check):
    with pytest.raises(ManifestError, match=r"all\.jsonl: no utterances: nothing to check"):
        check([])


def test_where_nothing_can_be_read_totals_are_empty(check, utterances):
    for utterance in utterances:
        utterance.audio_filepath.unlink()
    result = check(utterances)
    assert (result.hours, result.median_s, len(result.findings)) == (0, None, len(utterances))


def test_the_real_training_set_is_in_order(shared_data, tmp_path, report):
    an4.prepare(tmp_path, shared_data / "an4", report)
    result = check_manifest(tmp_path / "dev.jsonl", parse_config({}, "test"), report)
    assert {finding.kind for finding in result.findings} <= {"repeated text"}
    assert len(read_manifest(tmp_path / "dev.jsonl")) == result.utterances == 104
