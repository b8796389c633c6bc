from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.config import Config
from asr.decoding.hypothesis import Word
from asr.decoding.word_times import FrameClock
from asr.errors import AudioError, TranscriptionError, UtteranceError
from asr.manifest import Utterance
from asr.tokens import Tokens
from asr.transcribe.alignment import AlignedUtterance, align_text, align_utterances, as_ctm, as_textgrid, textgrid_path
from asr.transcribe.clock import frame_clock
from tests.transcribe.conftest import LoudnessModel, beeps

CLOCK = FrameClock(0.01)


@pytest.fixture
def model(config_without_stride):
    """Return a model that hears A where it is loud, a space where it is quiet, with a frame each 10 ms."""

    class Model(LoudnessModel):
        def log_probs_of_frames(self, frames):
            for utterance in frames:
                loud = utterance.mean(axis=1) > -10.0
                yield np.log(np.where(loud[:, None], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]))

    return Model(config=config_without_stride, tokens=Tokens(["<blank>", " ", "A"]))


@pytest.fixture
def config_without_stride():
    return Config.model_validate({"model": {"conv": []}})


def utterance(path: Path, text: str, **options) -> Utterance:
    return Utterance(options.pop("id", path.stem), path, options.pop("duration", 0.0), text, **options)


def test_words_are_found_where_they_were_made(model, sounds):
    soundfile.write(sounds / "three.wav", beeps(3, 8_000), 8_000)  # Vorbis smears bursts over what is before them
    ((_, found),) = align_utterances(model, [utterance(sounds / "three.wav", "A A A")])
    assert isinstance(found, AlignedUtterance)
    assert [word.word for word in found.words] == ["A", "A", "A"]
    # bursts of 0.2 s after silences of 0.2 s; a frame sees 25 ms
    for word, start in zip(found.words, (0.2, 0.6, 1.0), strict=True):
        assert word.start == pytest.approx(start, abs=0.0125) and word.end == pytest.approx(start + 0.2, abs=0.0125)
        assert word.confidence == pytest.approx(0.9)


def test_what_cannot_be_aligned_costs_the_others_nothing(model, sounds):
    utterances = [
        utterance(sounds / "broken.wav", "A"),
        utterance(sounds / "one.wav", "B", id="unknown"),
        utterance(sounds / "one.wav", "A " * 100, id="long"),
        utterance(sounds / "two.flac", "A A"),
        utterance(sounds / "one.wav", "", id="empty"),
    ]
    found = [result for _, result in align_utterances(model, utterances)]
    assert [type(error) for error in found[:3]] == [AudioError, UtteranceError, UtteranceError]
    assert "outside the vocabulary" in str(found[1]) and "frames for 199 labels" in str(found[2])
    assert [[word.word for word in aligned.words] for aligned in found[3:]] == [["A", "A"], []]


def test_times_are_from_the_files_start_and_grids_cover_the_file(model, sounds):
    second = utterance(sounds / "two.flac", "A", id="talk/2", offset=0.4, duration=0.6, channel=1)
    ((_, found),) = align_utterances(model, [second])
    assert isinstance(found, AlignedUtterance)
    (word,) = found.words
    assert word.start == pytest.approx(0.6, abs=0.04)
    name, channel, start, *_ = as_ctm(found).split()
    assert (name, channel, float(start)) == ("talk/2", "2", pytest.approx(word.start, abs=1e-3))
    grid = as_textgrid(found)
    assert "xmax = 1\n" in grid and 'name = "words"' in grid and 'name = "labels"' in grid


def test_words_keep_their_spelling_where_normalising_keeps_the_words():
    tokens = Tokens(["<blank>", " ", "A", "B"], "upper")
    log_probs = np.log(np.full((9, 4), 0.25))
    words, labels, alignment = align_text("ab  Ba", log_probs, tokens, CLOCK)
    assert [word.word for word in words] == ["ab", "Ba"]
    assert tokens.decode(labels) == "AB BA" and len(alignment.starts) == 5
    assert align_text("", log_probs, tokens, CLOCK)[0] == ()
    assert all(isinstance(word, Word) for word in words)


def test_a_frame_stands_for_the_middle_of_what_it_has_seen(config_without_stride):
    clock = frame_clock(config_without_stride, start=2.0, duration=1.0)
    features = config_without_stride.features
    assert clock.seconds_per_frame == pytest.approx(features.hop_s)
    # the first frame covers 512 samples at 16 kHz: its middle is at 16 ms
    assert clock.seconds(0.5) == pytest.approx(2.016)
    assert (clock.seconds(-100), clock.seconds(1e6)) == (2.0, 3.0)


def test_ids_become_paths_within_the_folder():
    assert textgrid_path(Path("out"), "a/b.c") == Path("out/a/b.c.TextGrid")
    for name in ("../a", "/a", "", ".."):
        with pytest.raises(TranscriptionError, match="no name for a file"):
            textgrid_path(Path("out"), name)


def test_beeps_are_what_the_tests_above_think():
    assert len(beeps(3)) == 16_000 * 1.4
