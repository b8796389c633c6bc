"""Pipes that bring little at a time; a microphone, by a sounddevice that hears what the test says."""

import io
import os
import signal
import sys
import threading
import types

import numpy as np
import pytest
import soundfile

from asr.errors import ConfigError
from asr.transcribe.live_sound import microphone, piped_sound
from tests.transcribe.conftest import beeps

RATE_HZ = 16_000


class Device:
    """An input stream that hears blocks of 1, 2, 3 … as soon as it is opened."""

    num_blocks = 5

    def __init__(self, *, samplerate, channels, dtype, blocksize, callback):
        assert (samplerate, channels, dtype) == (RATE_HZ, 1, "float32")
        self.size, self.callback = blocksize, callback

    def __enter__(self):
        for number in range(1, self.num_blocks + 1):
            self.callback(np.full((self.size, 1), number, np.float32), self.size, None, None)

    def __exit__(self, *_):
        pass


@pytest.fixture
def sounddevice(monkeypatch):
    module = types.SimpleNamespace(InputStream=Device, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def test_an_interrupt_ends_the_recording_and_loses_nothing_that_was_heard(sounddevice):
    before = signal.getsignal(signal.SIGINT)
    blocks = microphone(RATE_HZ).blocks
    heard = [next(blocks)[0]]
    os.kill(os.getpid(), signal.SIGINT)  # while what was heard is being worked on
    heard += [block[0] for block in blocks]
    assert heard == [1, 2, 3, 4, 5]
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_stops_at_once(sounddevice):
    blocks = microphone(RATE_HZ).blocks
    next(blocks)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        next(blocks)


def test_no_device_is_said_in_one_line(sounddevice, monkeypatch):
    def nothing_there(**_):
        raise OSError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "InputStream", nothing_there)
    with pytest.raises(ConfigError, match=r"no microphone .*: plug one in, or send sound through a pipe"):
        next(microphone(RATE_HZ).blocks)


class Pieces(io.RawIOBase):
    """A pipe into which a program writes one piece after another."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.pieces:
            return 0
        content, rest = self.pieces[0][: len(buffer)], self.pieces[0][len(buffer) :]
        self.pieces[:1] = [rest] if rest else []
        buffer[: len(content)] = content
        return len(content)


def contained(container):
    content = io.BytesIO()
    soundfile.write(content, beeps(3), RATE_HZ, format=container)
    return content.getvalue()


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_a_container_is_known_though_its_first_bytes_come_alone(container, monkeypatch):
    if container == "WAV":
        monkeypatch.setitem(sys.modules, "av", None)  # integers in WAV need no PyAV
    else:
        pytest.importorskip("av", reason="reads it")
    content = contained(container)
    sound = piped_sound(io.BufferedReader(Pieces(content[:4], content[4:10], content[10:])))
    assert sound.sample_rate_hz == RATE_HZ
    np.testing.assert_allclose(np.concatenate(list(sound.blocks)), beeps(3)[:, 0], atol=1e-4)


def webm(tmp_path, num_seconds):
    """Return what a browser sends: Opus in WebM."""
    av = pytest.importorskip("av", reason="writes it")
    path = tmp_path / "a.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="mono")
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, (1, num_seconds * RATE_HZ)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=RATE_HZ)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(part))
    return path.read_bytes()


def test_compressed_sound_is_heard_as_it_comes_not_32_kib_later(tmp_path):
    content = webm(tmp_path, num_seconds=10)[:16_384]
    read_end, write_end = os.pipe()
    end = threading.Timer(60, os.close, [write_end])  # only so that a reader who waits for more fails the test
    with open(read_end, "rb") as file:
        os.write(write_end, content)
        end.start()
        assert any(map(len, piped_sound(file).blocks)) and end.is_alive()
        end.cancel()
        os.close(write_end)


def test_a_file_as_standard_input_is_read_though_it_says_at_its_end_what_is_needed_first(tmp_path):
    av = pytest.importorskip("av", reason="writes it")
    with av.open(str(tmp_path / "a.m4a"), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(beeps(3).T.astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        for part in (frame, None):
            container.mux(stream.encode(part))
    with (tmp_path / "a.m4a").open("rb") as file:
        assert sum(map(len, piped_sound(file).blocks)) == pytest.approx(len(beeps(3)), abs=2048)  # two frames
