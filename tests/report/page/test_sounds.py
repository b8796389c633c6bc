from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.report.page.sounds import Sounds, find_sounds
from asr.report.utterance_facts import UtteranceFacts


@pytest.fixture
def recording(tmp_path):
    """Return a recording of 2 s: a second of silence, a second of noise."""
    path = tmp_path / "sounds" / "a b" / "one.wav"
    path.parent.mkdir(parents=True)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000)
    soundfile.write(path, np.concatenate([np.zeros(16_000), noise]), 16_000)
    return path


def test_a_link_is_relative_to_the_page_and_quoted(tmp_path, recording):
    facts = {"u": UtteranceFacts(audio=recording)}
    assert find_sounds(facts, tmp_path / "out" / "page.html").links == {"u": "../sounds/a%20b/one.wav"}


def test_a_file_that_is_not_there_is_missing_and_an_utterance_without_any_is_not(tmp_path):
    facts = {"u": UtteranceFacts(audio=tmp_path / "no.wav"), "v": UtteranceFacts()}
    assert find_sounds(facts, tmp_path / "page.html") == Sounds(missing=["u"])


def test_a_file_is_looked_for_by_the_end_of_its_path(tmp_path, recording):
    facts = {"u": UtteranceFacts(audio=Path("/elsewhere/corpus/a b/one.wav"))}
    assert find_sounds(facts, tmp_path / "page.html").missing == ["u"]
    found = find_sounds(facts, tmp_path / "page.html", root=tmp_path / "sounds")
    assert found.links == {"u": "sounds/a%20b/one.wav"}


def test_where_no_path_is_known_a_file_is_looked_for_by_the_id(tmp_path, recording):
    facts = {"a b/one": UtteranceFacts(), "two": UtteranceFacts()}
    found = find_sounds(facts, tmp_path / "page.html", root=tmp_path / "sounds")
    assert (found.links, found.missing) == ({"a b/one": "sounds/a%20b/one.wav"}, ["two"])


def test_a_kept_sound_is_that_of_the_utterance_alone(tmp_path, recording):
    facts = {
        "quiet": UtteranceFacts(audio=recording, duration=1.0),
        "loud": UtteranceFacts(audio=recording, offset=1.0, duration=1.0),
    }
    kept = find_sounds(facts, tmp_path / "page.html", embed=True).kept
    loudness = {}
    for name, content in kept.items():
        (tmp_path / f"{name}.mp3").write_bytes(content)
        waveform, rate = soundfile.read(tmp_path / f"{name}.mp3")
        assert len(waveform) / rate == pytest.approx(1.0, abs=0.15)
        loudness[name] = float(np.abs(waveform).mean())
    assert loudness["loud"] > 100 * loudness["quiet"]


def test_a_recording_that_cannot_be_read_is_missing(tmp_path, recording):
    recording.write_bytes(recording.read_bytes()[:100])
    facts = {"u": UtteranceFacts(audio=recording)}
    assert find_sounds(facts, tmp_path / "page.html", embed=True).missing == ["u"]
