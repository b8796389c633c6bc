"""The model that comes with the package: it is there, small, and hears a real word."""

import pytest

import asr
from asr.cli import main
from asr.packaged import DEFAULT, PRETRAINED, packaged_models

MOST_BYTES = 60_000_000  # of all that is packaged
MOST_BYTES_OF_LM = 25_000_000


def test_the_default_is_packaged_and_all_of_it_is_small():
    assert DEFAULT in packaged_models()
    files = [path for path in PRETRAINED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
    assert sum(path.stat().st_size for path in files if path.suffix == ".asrlm") <= MOST_BYTES_OF_LM


@pytest.mark.slow  # compiles the search
def test_a_real_word_is_heard_without_training_anything(data):
    found = asr.Transcriber()(data / "an440-mjgm-b.flac")
    assert found.text == "STOP"
    assert 0 < found.words[0].start < found.words[0].end < found.duration


@pytest.mark.slow
def test_words_of_its_language_model_that_cannot_be_spelled_are_no_business_of_its_users(data, capsys):
    assert main(["transcribe", str(data / "an440-mjgm-b.flac")]) == 0
    out, err = capsys.readouterr()
    assert out == "STOP\n" and "cannot spell" not in err
