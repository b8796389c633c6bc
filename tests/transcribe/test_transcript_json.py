import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.transcribe.transcript import LOW_CONFIDENCE
from asr.transcribe.transcript_json import as_json
from tests.transcribe.transcripts import transcript_of, transcripts

fastjsonschema = pytest.importorskip("fastjsonschema", reason="checks JSON against a schema")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "transcript.json").read_text())
VALIDATE = fastjsonschema.compile(SCHEMA)


@given(transcripts(), st.booleans())
def test_json_is_what_the_schema_says_and_times_are_in_order(transcript, word_timestamps):
    value = VALIDATE(json.loads(as_json(transcript, word_timestamps=word_timestamps)))
    assert all(("words" in segment) == word_timestamps for segment in value["segments"])
    words = [word for segment in value["segments"] for word in segment.get("words", ())]
    times = [time for word in words for time in (word["start"], word["end"])]
    assert all(before <= after for before, after in itertools.pairwise(times))
    assert all(time <= value["duration"] for time in times)


def test_the_schema_names_the_threshold_that_there_is():
    assert f"under {LOW_CONFIDENCE:g}" in SCHEMA["properties"]["low_confidence"]["description"]


@pytest.mark.parametrize(("confidences", "mean", "low"), [((0.9, 0.7), 0.8, False), ((0.2, 0.4), 0.3, True)])
def test_a_recording_in_which_the_model_was_lost_is_flagged(confidences, mean, low):
    words = [Word("A", 0.1, 0.2, confidence) for confidence in confidences]
    value = json.loads(as_json(transcript_of(words, 1.0)))
    assert (value["confidence"], value["low_confidence"]) == (pytest.approx(mean), low)


def test_silence_has_no_confidence_and_a_channel_is_named():
    value = VALIDATE(json.loads(as_json(transcript_of([], 1.0, channel=1))))
    assert (value["confidence"], value["low_confidence"], value["channel"]) == (None, False, 1)
    assert "channel" not in json.loads(as_json(transcript_of([], 1.0)))


def test_words_without_times_are_null():
    value = VALIDATE(json.loads(as_json(transcript_of([Word("“SO”")], 2.5))))
    assert value["segments"][0]["words"] == [{"word": "“SO”", "start": None, "end": None, "probability": None}]
    assert (value["segments"][0]["end"], value["language"], value["model"]) == (2.5, "en", "runs/an4")
