import json

import pytest

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError
from asr.transcribe.formats import FORMATS, as_json, as_txt, parse_formats
from asr.transcribe.transcript import Segment, Transcript

WORDS = (Word("IT", 0.5, 0.75, 0.9), Word("IS", 0.75, 1.0, 0.5), Word("“SO”"))
TRANSCRIPT = Transcript("talk.flac", 2.5, "IT IS “SO”", (Segment(0, 0.0, 2.5, "IT IS “SO”", WORDS),), "en", "runs/an4")
SILENCE = Transcript("still.wav", 1.0, "", (), "en", "runs/an4")


def test_txt_is_the_text():
    assert as_txt(TRANSCRIPT) == "IT IS “SO”\n"
    assert as_txt(SILENCE) == ""


def test_json_has_whispers_shape_and_our_keys():
    assert json.loads(as_json(TRANSCRIPT)) == {
        "text": "IT IS “SO”",
        "segments": [
            {
                "id": 0,
                "start": 0.0,
                "end": 2.5,
                "text": "IT IS “SO”",
                "words": [
                    {"word": "IT", "start": 0.5, "end": 0.75, "probability": 0.9},
                    {"word": "IS", "start": 0.75, "end": 1.0, "probability": 0.5},
                    {"word": "“SO”", "start": None, "end": None, "probability": None},
                ],
            }
        ],
        "language": "en",
        "audio": "talk.flac",
        "duration": 2.5,
        "model": "runs/an4",
    }
    assert json.loads(as_json(SILENCE))["segments"] == []


def test_formats_are_listed_with_commas():
    assert parse_formats("json,txt,json") == ("json", "txt")
    assert parse_formats("txt,all") == tuple(FORMATS)


@pytest.mark.parametrize("names", ["docx", "txt,docx", "", "TXT"])
def test_an_unknown_format_is_named_with_the_known_ones(names):
    with pytest.raises(TranscriptionError, match="is unknown: choose from txt, json, all"):
        parse_formats(names)
