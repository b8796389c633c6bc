"""Sound while it is being made: what comes through a pipe, and what a microphone hears."""

import contextlib
import io
import queue
import signal
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asr.audio import Waveform, check_samples, is_unknown_length, mixed
from asr.audio_blocks import decoded
from asr.errors import AudioError, ConfigError
from asr.media import live_media
from asr.raw_audio import RawFormat

_BLOCK_S = 0.1
_PCM = {1: "PCM_U8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}  # of WAV, by bytes a sample
_FORM = struct.Struct("<HHIIHH")  # tag, channels, samples a second, bytes a second, bytes of all channels, bits
_INTEGERS, _EXTENSIBLE, _EXTENSIBLE_TAG = 1, 0xFFFE, 24  # tags, and where the latter's own tag is
_MAX_CHANNELS = 1024  # of libsndfile
_MAX_CHUNK_BYTES = 1 << 24  # before the samples: pictures, cue points
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
    if not file.peek(1):
        raise AudioError("-: nothing came through the pipe: is there a program that writes into it?")
    if raw is not None:
        return LiveSound(raw.sample_rate_hz, _raw_blocks(file, raw))
    head = file.read(_HEAD_BYTES)  # peek has only what came at once, which may be the first four bytes
    if head.startswith(b"RIFF") and head.endswith(b"WAVE"):
        raw, num_bytes = _wav_format(file)
        return LiveSound(raw.sample_rate_hz, _raw_blocks(file, raw, num_bytes, "truncated or damaged: send it anew"))
    rate, blocks = live_media(file, head)
    return LiveSound(rate, map(mixed, blocks))


def _raw_blocks(
    file: io.BufferedReader,
    raw: RawFormat,
    num_bytes: int | None = None,
    half_a_sample: str = "truncated, or --raw does not say what it is",
) -> Iterator[Waveform]:
    """Yield samples to the pipe's end, or to that of ``num_bytes``, which a header promises.

    ``half_a_sample`` is what the message says of one at the end.
    """
    step = raw.bytes_a_sample * raw.num_channels
    most = max(1, round(_BLOCK_S * raw.sample_rate_hz)) * step
    rest, count = b"", 0
    while content := file.read1(most if num_bytes is None else min(most, num_bytes - count)):
        count += len(content)
        rest += content
        whole = len(rest) // step * step
        if whole:
            yield decoded(rest[:whole], raw)
        rest = rest[whole:]
    if num_bytes is not None and count < num_bytes:
        raise AudioError(f"-: truncated ({count} bytes of samples where the header says {num_bytes}): send it anew")
    if rest:
        raise AudioError(f"-: ends within a sample of {step} bytes: {half_a_sample}")


def _wav_format(file: io.BufferedReader) -> tuple[RawFormat, int | None]:
    """Read a WAV from its first chunk up to its samples; return how these lie, and how many bytes or None: unknown."""
    form = b""
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data" and form:
            return _wav_samples(form), None if size == 0 or is_unknown_length(size) else size
        content = file.read(min(size, _MAX_CHUNK_BYTES))
        form = content if name == b"fmt " and len(content) >= _FORM.size else form
        if size > _MAX_CHUNK_BYTES:
            break
        file.read(size % 2)
    raise AudioError("-: a WAV without samples: the header is damaged, send it anew")


def _wav_samples(form: bytes) -> RawFormat:
    """Return how samples lie from a WAV's chunk ``fmt ``."""
    tag, num_channels, rate, _, _, num_bits = _FORM.unpack_from(form)
    if tag == _EXTENSIBLE and len(form) >= _EXTENSIBLE_TAG + 2:
        (tag,) = struct.unpack_from("<H", form, _EXTENSIBLE_TAG)
    if tag != _INTEGERS:
        raise AudioError(f"-: no WAV of integers (format {tag}): send samples with --raw, or another container")
    width = (num_bits + 7) // 8
    if width not in _PCM or not 1 <= num_channels <= _MAX_CHANNELS:
        raise AudioError(
            f"-: {num_channels} channels of {num_bits} bits a sample, which no WAV of integers has: "
            f"the header is damaged, send it anew"
        )
    check_samples(Path("-"), np.zeros(1, np.float32), rate)  # the rate
    return RawFormat(_PCM[width], "LITTLE", width, rate, num_channels)


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
