"""A microphone, by a sounddevice that hears what the test says; the rest is as with a real one."""

import os
import signal
import sys
import types

import numpy as np
import pytest

from asr.errors import ConfigError
from asr.transcribe.live_sound import microphone

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
