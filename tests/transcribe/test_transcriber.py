from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from asr.audio import read_audio
from asr.config import Config
from asr.decoding.settings import COMMAND_SETTINGS
from asr.errors import AsrError, AudioError, ConfigError, RunError, TranscriptionError
from asr.transcribe.source import Source
from asr.transcribe.transcriber import Transcriber


@pytest.mark.parametrize(
    ("name", "text", "duration"), [("one.wav", "A", 0.6), ("two.flac", "AA", 1.0), ("three.ogg", "AAA", 1.4)]
)
def test_any_format_rate_and_number_of_channels_becomes_text(model, sounds, name, text, duration):
    transcript = Transcriber(model)(sounds / name)
    assert (transcript.text, transcript.audio, transcript.model) == (text, str(sounds / name), "runs/fake")
    assert transcript.duration == pytest.approx(duration, abs=1e-3)  # resampling rounds to a sample
    (segment,) = transcript.segments
    assert segment.text == text and 0.0 <= segment.start < segment.end <= transcript.duration


def test_words_have_times_and_confidence(model, sounds):
    model.config = Config.model_validate({"model": {"conv": []}})  # an output for each frame, as this model has
    (word,) = Transcriber(model)(sounds / "one.wav").words
    assert word.word == "A" and 0 <= word.confidence <= 1
    assert (word.start, word.end) == (pytest.approx(0.2, abs=0.04), pytest.approx(0.4, abs=0.04))


def test_many_files_come_in_order_and_a_broken_one_costs_nothing(model, sounds):
    names = ["three.ogg", "broken.wav", "one.wav"]
    found = list(Transcriber(model).transcribe_all([sounds / name for name in names]))
    assert [result.text if not isinstance(result, AsrError) else None for result in found] == ["AAA", None, "A"]
    assert isinstance(found[1], AudioError)
    assert model.batch_sizes == [2]


@pytest.mark.parametrize("jobs", [1, 3])
def test_threads_change_nothing(model, sounds, jobs):
    names = ["one.wav", "two.flac", "broken.wav", "three.ogg"] * 3
    found = list(Transcriber(model).transcribe_all([sounds / name for name in names], jobs=jobs))
    assert [None if isinstance(one, AsrError) else one.text for one in found] == ["A", "AA", None, "AAA"] * 3


def test_a_span_and_a_channel_have_times_from_the_files_start(model, sounds):
    model.config = Config.model_validate({"model": {"conv": []}})
    source = replace(Source.of(sounds / "two.flac"), offset=0.5, duration=0.5, channel=1)
    transcript = Transcriber(model)(source)
    (word,) = transcript.words
    assert (transcript.duration, transcript.channel) == (0.5, 1)
    assert word.start == pytest.approx(0.6, abs=0.04) and transcript.segments[0].end <= 1.0


def test_a_broken_file_raises_its_error(model, sounds):
    with pytest.raises(AudioError, match=r"broken\.wav"):
        Transcriber(model)(str(sounds / "broken.wav"))


def test_silence_has_no_segment(model, tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(16_000), 16_000)
    transcript = Transcriber(model)(tmp_path / "still.wav")
    assert (transcript.text, transcript.segments, transcript.duration) == ("", (), 1.0)


def test_digital_silence_says_nothing_whatever_the_model_makes_of_its_features(model, sounds, tmp_path, monkeypatch):
    soundfile.write(tmp_path / "still.wav", np.zeros(16_000), 16_000)
    speech, listen = model.frames(read_audio(sounds / "one.wav", sample_rate_hz=16_000)), model.log_probs_of_frames
    monkeypatch.setattr(model, "log_probs_of_frames", lambda frames: listen([speech] * len(frames)))
    found = Transcriber(model).transcribe_all([tmp_path / "still.wav", sounds / "one.wav"])
    assert [transcript.text for transcript in found] == ["", "A"]


@pytest.mark.parametrize("seconds", [0.0, -1.0, np.nan])
def test_a_longest_segment_is_longer_than_nothing(model, seconds):
    with pytest.raises(ConfigError, match="max_segment_seconds = "):
        Transcriber(model, max_segment_seconds=seconds)


def test_one_name_is_no_list_and_no_threads_do_nothing(model, sounds):
    with pytest.raises(ConfigError, match=r"audios = .*: one text, whose letters are not meant"):
        next(Transcriber(model).transcribe_all(str(sounds / "one.wav")))
    with pytest.raises(ConfigError, match="jobs = 0"):
        next(Transcriber(model).transcribe_all([sounds / "one.wav"], jobs=0))


def test_the_search_is_the_models_unless_asked_for(model):
    assert Transcriber(model).beam_size == model.config.decode.beam_size == 1
    assert Transcriber(model, beam_size=7).beam_size == 7
    with pytest.raises(ConfigError, match="beam_size = 0"):
        Transcriber(model, beam_size=0)


def test_a_search_drops_what_that_of_the_commands_drops(model):
    assert Transcriber(model, beam_size=50).search.settings == replace(COMMAND_SETTINGS, beam_size=50)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_four_threads_at_once_get_what_one_gets(model, sounds, beam_size):
    transcriber = Transcriber(model, beam_size=beam_size)
    audios = [sounds / name for name in ("one.wav", "two.flac", "three.ogg")] * 8
    alone = [transcriber(audio) for audio in audios]
    with ThreadPoolExecutor(4) as executor:
        assert list(executor.map(transcriber, audios)) == alone


def test_after_its_block_a_transcriber_has_let_go_of_its_model_and_says_so(model, sounds):
    with Transcriber(model) as transcriber:
        assert transcriber(sounds / "one.wav").text == "A"
    for use in (
        lambda: transcriber(sounds / "one.wav"),
        lambda: next(transcriber.stream([])),
        lambda: transcriber.model,
    ):
        with pytest.raises(TranscriptionError, match="the transcriber is closed"):
            use()


def test_no_model_is_said_clearly(tmp_path, monkeypatch):
    monkeypatch.setattr("asr.packaged.PRETRAINED", tmp_path)
    with pytest.raises(RunError, match="name a run folder"):
        Transcriber()
    with pytest.raises(RunError, match="not a run folder"):
        Transcriber(tmp_path)
