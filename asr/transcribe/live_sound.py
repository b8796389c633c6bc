"""Sound while it is being made: what comes through a pipe, and what a microphone hears."""

import contextlib
import io
import queue
import signal
import wave
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from asr.audio import Waveform
from asr.audio_blocks import decoded
from asr.errors import AudioError, ConfigError
from asr.media import live_media
from asr.raw_audio import RawFormat

_BLOCK_S = 0.1
_PCM = {1: "PCM_U8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}  # of WAV, by bytes a sample
_HEAD_BYTES = 12


class LiveSound(NamedTuple):
    """A stream of sound.

    Attributes:
        sample_rate_hz: of the blocks.
        blocks: [n] float32, the mean of all channels, each as soon as it is there.
    """

    sample_rate_hz: int
    blocks: Iterator[Waveform]


def piped_sound(file: io.BufferedReader, raw: RawFormat | None = None) -> LiveSound:
    """Return the sound that comes through a pipe: raw samples, WAV, or, with PyAV, any container that can be streamed.

    Args:
        file: standard input, say.
        raw: how samples without a header lie.

    Raises:
        AudioError: it is no sound, or PyAV is needed for it and not there; also while the blocks are taken.
    """
    if raw is not None:
        return LiveSound(raw.sample_rate_hz, _raw_blocks(file, raw))
    head = file.peek(_HEAD_BYTES)
    if not head:
        raise AudioError("-: nothing came through the pipe: is there a program that writes into it?")
    if head.startswith(b"RIFF") and (found := _wav_format(file)):
        return LiveSound(found[1].sample_rate_hz, _wav_blocks(*found))
    rate, blocks = live_media(file)
    return LiveSound(rate, (block.mean(axis=1) for block in blocks))


def _raw_blocks(file: io.BufferedReader, raw: RawFormat) -> Iterator[Waveform]:
    step = raw.bytes_a_sample * raw.num_channels
    rest = b""
    while content := file.read1(max(1, round(_BLOCK_S * raw.sample_rate_hz)) * step):
        rest += content
        whole = len(rest) // step * step
        if whole:
            yield decoded(rest[:whole], raw)
        rest = rest[whole:]
    if rest:
        raise AudioError(f"-: ends within a sample of {step} bytes: truncated, or --raw does not say what it is")


def _wav_format(file: BinaryIO) -> tuple[wave.Wave_read, RawFormat]:
    try:
        reader = wave.open(file)  # noqa: SIM115  # it is read as long as the pipe lasts
    except (wave.Error, EOFError) as error:
        raise AudioError(f"-: no WAV of integers ({error}): send samples with --raw, or another container") from error
    width = reader.getsampwidth()
    return reader, RawFormat(_PCM[width], "LITTLE", width, reader.getframerate(), reader.getnchannels())


def _wav_blocks(reader: wave.Wave_read, raw: RawFormat) -> Iterator[Waveform]:
    step = raw.bytes_a_sample * raw.num_channels
    while content := reader.readframes(max(1, round(_BLOCK_S * raw.sample_rate_hz))):
        yield decoded(content[: len(content) // step * step], raw)


def microphone(sample_rate_hz: int) -> LiveSound:
    """Return what the microphone hears from now on, until Ctrl-C; a second one does not wait for the text of the rest.

    To be read in the main thread.

    Raises:
        ConfigError: sounddevice is not installed, or there is no microphone.
    """
    try:
        import sounddevice  # pyright: ignore[reportMissingImports]  # an extra that few have
    except (ImportError, OSError) as error:  # OSError: there is no PortAudio
        raise ConfigError(
            f"the microphone takes sounddevice ({error}): install keras-asr[mic], and PortAudio"
        ) from error
    heard: queue.SimpleQueue[Waveform | None] = queue.SimpleQueue()  # None is the end
    size = round(_BLOCK_S * sample_rate_hz)

    def keep(samples: np.ndarray, *_: Any) -> None:
        heard.put(samples[:, 0].copy())

    def blocks() -> Iterator[Waveform]:
        try:
            stream = sounddevice.InputStream(
                samplerate=sample_rate_hz, channels=1, dtype="float32", blocksize=size, callback=keep
            )
            with stream, _interrupt_ends(heard):
                while (block := heard.get()) is not None:
                    yield block
        except sounddevice.PortAudioError as error:
            raise ConfigError(f"no microphone ({error}): plug one in, or send sound through a pipe (-)") from error

    return LiveSound(sample_rate_hz, blocks())


@contextlib.contextmanager
def _interrupt_ends(heard: "queue.SimpleQueue[Waveform | None]") -> Iterator[None]:
    """Let the next Ctrl-C end a queue, whatever is being done when it comes."""

    def end(*_: Any) -> None:
        signal.signal(signal.SIGINT, previous)
        heard.put(None)

    previous = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
