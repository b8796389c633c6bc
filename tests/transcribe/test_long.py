"""Long recordings and streams, by a model whose text is known: it hears A in every beep."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest
import soundfile

from asr.config import Config
from asr.decoding.decode import Decoder
from asr.decoding.lexicon import Lexicon
from asr.decoding.settings import DecoderSettings
from asr.errors import AudioError, RunError, ShapeError, UtteranceError
from asr.tokens import Tokens
from asr.transcribe.transcriber import Transcriber
from tests.transcribe.conftest import LoudnessModel, beeps

RATE = 16_000


@dataclass
class BeepModel(LoudnessModel):
    """Hears A in the middle of a beep, and a space where it is quiet; its windows are of a second."""

    tokens: Tokens = field(default_factory=lambda: Tokens(["<blank>", " ", "A"]))
    config: Config = field(
        default_factory=lambda: Config.model_validate(
            {
                "features": {"normalisation": "none"},
                "model": {"conv": []},
                "decode": {
                    "windows": {
                        "window_s": 1.0,
                        "context_s": 0.2,
                        "chunk_s": 0.1,
                        "look_ahead_s": 0.2,
                        "look_back_s": 0.3,
                    },
                    "endpoint": {"silence_s": 0.3, "max_s": 5.0},
                },
            }
        )
    )

    doubt: float = 0.0005

    def log_probs_of_frames(self, frames, statistics=None):
        self.batch_sizes.append(max(map(len, frames)))
        with np.errstate(divide="ignore"):  # without doubt, all else is impossible
            doubt, sure = np.log([self.doubt, 1 - 2 * self.doubt])
        for utterance in frames:
            loud = utterance.mean(axis=1) > -10.0
            yield np.where(loud[:, None], [doubt, doubt, sure], [doubt, sure, doubt])


@pytest.fixture
def model(tmp_path):
    return BeepModel(tmp_path)


@pytest.fixture
def long(tmp_path):
    """Return a file of 40 beeps in 16.2 s, after 8 of which there is a pause of 0.5 s."""
    parts = [np.concatenate([beeps(8)[:, 0], np.zeros(RATE // 2)]) for _ in range(5)]
    path = tmp_path / "long.wav"
    soundfile.write(path, np.concatenate(parts), RATE)
    return path


@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("window_s", [0.7, 1.0, 1.3])
def test_no_word_on_a_seam_is_doubled_or_lost(model, long, beam_size, window_s):
    decode = model.config.decode
    windows = decode.windows.model_copy(update={"window_s": window_s})
    update = {"decode": decode.model_copy(update={"windows": windows})}
    model.config = model.config.model_copy(update=update)
    transcript = Transcriber(model, beam_size=beam_size)(long)
    assert transcript.text == " ".join("A" * 40)
    assert max(model.batch_sizes) <= 100 * (window_s * 2 + 0.4) and len(model.batch_sizes) > 10
    starts = np.array([word.start for word in transcript.words])
    expected = np.concatenate([0.2 + 0.4 * np.arange(8) + part * 3.9 for part in range(5)])
    np.testing.assert_allclose(starts, expected, atol=0.06)
    assert transcript.duration == pytest.approx(19.5) and transcript.words[-1].end <= 19.5


def test_what_fits_into_a_window_is_transcribed_as_ever(model, tmp_path):
    soundfile.write(tmp_path / "short.wav", beeps(2), RATE)
    short = Transcriber(model)(tmp_path / "short.wav")
    model.config = Config.model_validate({"features": {"normalisation": "none"}, "model": {"conv": []}})
    assert Transcriber(model)(tmp_path / "short.wav") == short


def test_long_and_short_files_come_in_order_and_broken_ones_cost_nothing(model, long, tmp_path):
    soundfile.write(tmp_path / "short.wav", beeps(2), RATE)
    (tmp_path / "broken.wav").write_text("not a sound")
    cut_off = tmp_path / "cut.flac"
    soundfile.write(cut_off, soundfile.read(long)[0], RATE)
    cut_off.write_bytes(cut_off.read_bytes()[: cut_off.stat().st_size // 2])
    names = ["short.wav", "long.wav", "broken.wav", "cut.flac", "long.wav", "short.wav"]
    for jobs in (1, 3):
        found = list(Transcriber(model).transcribe_all([tmp_path / name for name in names], jobs=jobs))
        assert [len(one.words) if hasattr(one, "words") else None for one in found] == [2, 40, None, None, 40, 2]
        assert isinstance(found[3], AudioError) and "truncated" in str(found[3])


@pytest.mark.parametrize("jobs", [1, 2])
def test_how_far_a_long_file_is_can_be_told(model, long, tmp_path, jobs):
    soundfile.write(tmp_path / "short.wav", beeps(2), RATE)
    told = []
    audios = [tmp_path / "short.wav", long]
    list(Transcriber(model).transcribe_all(audios, jobs=jobs, on_heard=lambda *heard: told.append(heard)))
    assert {source.path for source, _ in told} == {long}
    seconds = [seconds for _, seconds in told]
    assert len(seconds) > 1 and seconds == sorted(set(seconds))
    assert seconds[-1] == pytest.approx(19.5)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_does_not_wait_for_the_end_of_a_long_file(model, long, monkeypatch):
    monkeypatch.setattr("asr.audio_blocks.BLOCK_S", 0.5)  # 39 blocks
    told = []

    def on_heard(source, seconds):
        told.append(seconds)
        if len(told) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

    with pytest.raises(KeyboardInterrupt):
        next(Transcriber(model).transcribe_all([long], on_heard=on_heard))
    assert len(told) < 20


def test_four_threads_at_once_get_of_long_files_and_streams_what_one_gets(model, long):
    transcriber = Transcriber(model, beam_size=4)
    waveform, _ = soundfile.read(long, dtype="float32")

    def everything(_):
        return transcriber(long), list(transcriber.stream([waveform]))

    with ThreadPoolExecutor(4) as executor:
        assert list(executor.map(everything, range(4))) == [everything(0)] * 4


def test_a_stream_says_what_the_file_says(model, long):
    transcriber = Transcriber(model)
    waveform, _ = soundfile.read(long, dtype="float32")
    sizes = np.random.default_rng(0).integers(1, 4000, 200)
    updates = list(transcriber.stream(np.split(waveform, np.cumsum(sizes))))
    segments = [segment for update in updates for segment in update.segments]
    assert " ".join(segment.text for segment in segments) == transcriber(long).text
    assert [segment.id for segment in segments] == list(range(len(segments)))
    assert [len(segment.words) for segment in segments] == [8] * 5
    assert [update.seconds for update in updates] == sorted(update.seconds for update in updates)
    first_end = next(update.seconds for update in updates if update.is_final)
    assert first_end == pytest.approx(3.2 + 0.3 + 0.2, abs=0.45)  # silence after the last beep, look-ahead, portions
    partial = [update for update in updates if not update.is_final]
    assert all(update.text.startswith(update.stable) for update in partial) and "A A A" in {u.stable for u in partial}


def test_a_stream_at_another_rate_is_resampled(model):
    waveform = beeps(3, 44_100)[:, 0].astype(np.float32)
    updates = list(Transcriber(model).stream([waveform], sample_rate_hz=44_100))
    assert [segment.text for update in updates for segment in update.segments] == ["A A A"]


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_a_stream_of_doubles_is_one_of_floats(model, rate):
    waveform = beeps(3, rate)[:, 0]
    updates = Transcriber(model).stream([waveform], sample_rate_hz=rate)
    assert [segment.text for update in updates for segment in update.segments] == ["A A A"]


@pytest.mark.parametrize(
    ("chunk", "rate", "error", "message"),
    [
        (np.zeros(9, np.int16), RATE, ShapeError, "a chunk of int16.* divide integers"),
        (np.zeros((9, 2)), RATE, ShapeError, r"shape \(9, 2\): give \[n\] samples"),
        (np.full(9, np.nan, np.float32), RATE, AudioError, "NaN or infinite"),
        (np.full(9, 1e300), 44_100, AudioError, "sound lies in -1..1"),
        (np.zeros(9), 0, AudioError, "0 samples a second"),
    ],
)
def test_what_is_no_sound_in_a_stream_is_refused(model, chunk, rate, error, message):
    with pytest.raises(error, match=f"stream: .*{message}"):
        list(Transcriber(model).stream([np.zeros(0), chunk], sample_rate_hz=rate))


def test_a_stream_of_next_to_nothing_says_nothing(model):
    assert list(Transcriber(model).stream([])) == []
    assert list(Transcriber(model).stream([np.zeros(100, np.float32)])) == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_stream_of_which_a_lexicon_leaves_nothing_is_an_error_however_short_it_is(model, count):
    model.doubt = 0.0
    search = Decoder(model.tokens, DecoderSettings(4), lexicon=Lexicon({"AA": [()]}))
    with pytest.raises(UtteranceError, match="no word sequence of the lexicon is possible"):
        list(Transcriber(model, search=search).stream([beeps(count)[:, 0]]))


def test_a_long_file_shorter_than_a_frame_is_an_error(model, tmp_path):
    windows = model.config.decode.windows.model_copy(update={"window_s": 0.001})
    decode = model.config.decode.model_copy(update={"windows": windows})
    model.config = model.config.model_copy(update={"decode": decode})
    soundfile.write(tmp_path / "tiny.wav", np.zeros(100), RATE)
    with pytest.raises(UtteranceError, match="too short"):
        Transcriber(model)(tmp_path / "tiny.wav")


def test_where_utterances_end_is_read_from_the_decoder_file(model, long):
    (model.folder / "decoder.json").write_text(json.dumps({"endpoint": {"silence_s": 0.1, "min_s": 0}}))
    stream = Transcriber(model).stream([soundfile.read(long, dtype="float32")[0]])
    assert all(len(segment.words) == 1 for update in stream for segment in update.segments)
    (model.folder / "decoder.json").write_text(json.dumps({"endpoint": {"silence_s": -1}}))
    with pytest.raises(RunError, match=r"decoder\.json: endpoint"):
        list(Transcriber(model).stream([]))
