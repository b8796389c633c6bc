"""Sound files in, waveforms out: any format that libsndfile reads, at any rate, with any number of channels.

What libsndfile does not know, such as m4a and the sound of videos, is read by PyAV (`asr.media`).

A file that is not whole is an error, never a shorter waveform: libsndfile itself shortens most truncated files without
a word, so what a header promises is compared with what came. Not so where no header says the sound's length
(IRCAM, PAF, PVF, AAC, AMR, MPEG streams, videos in Matroska), nor for AVI, MAT5, MPC2K, WVE and XI. Features are the
business of `asr.features`.
"""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile
import soxr

from asr.errors import AudioError
from asr.files import takes_bytes_only
from asr.media import media_blocks, media_facts
from asr.raw_audio import MAX_RATE_HZ, MIN_RATE_HZ, RawFormat
from asr.signatures import HEAD_BYTES, is_media, read_head

Waveform: TypeAlias = np.ndarray  # [N] float32, in -1..1

# A span may end this much after the file's last sample: durations in manifests are rounded, and MP3 and Opus add or
# drop a few milliseconds at the ends.
SPAN_TOLERANCE_S = 0.1
# Sound lies in -1..1; float files with 16- or even 20-bit values stay below this. Beyond, powers leave float32.
_MAX_SAMPLE = 1e6
# MP3 headers may only estimate the length. Two frames of 1152 samples at the ends, and a share for a poor estimate.
_MP3_TOLERANCE_SAMPLES, _MP3_TOLERANCE_SHARE = 2304, 0.02
# An MP3 frame borrows bits from frames before it: after a seek, the first come out silent.
_MP3_LEAD_IN_SAMPLES = 16 * 1152
# Programs that write to a pipe cannot know the length: they leave the most that 31 or 32 bits hold, or just below.
_UNKNOWN_LENGTHS = (range(0x7FFFF000, 0x80000001), range(0xFFFFF000, 1 << 32))
# The most that FLAC can do: frames of 65 535 equal samples in 11 bytes.
_MOST_SAMPLES_A_BYTE = 6_000
_TAIL_BYTES = 65_536  # longest page of an Ogg file (65 307), rounded up
_SHORT_CHUNK = re.compile(r"^ *(?:data|SSND|BODY|Data Size|riff|Riff size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
_SEEMS_TRUNCATED = re.compile(r"^(?:\*\*\* File s|S)eems to be (?:a )?truncated", re.MULTILINE)  # MAT4, VOC
_SPHERE_COUNT = re.compile(rb"^sample_count -i (\d+)", re.MULTILINE)
_AVR_COUNT = slice(26, 30)  # bytes of the header, the highest first


def read_audio(
    path: Path,
    *,
    sample_rate_hz: int,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    channel: int | None = None,
    raw: RawFormat | None = None,
) -> Waveform:
    """Return one span of a file as a mono waveform at the rate asked for.

    Args:
        path: any file that libsndfile reads (WAV, FLAC, MP3, Ogg, Opus, Sphere, AIFF, …), or PyAV where it is
            installed (m4a, webm, mp4, …).
        sample_rate_hz: the result's rate; other rates are resampled with soxr.
        offset_s: seconds from the file's start to the span's.
        duration_s: the span's length; None is all that follows.
        channel: channel from 0; None is the mean of all.
        raw: how the samples lie in a file without a header; None: the file says it.

    Returns:
        [N] float32, every value finite.

    Raises:
        AudioError: as `read_channels`; or the file has no such channel.
    """
    channels, rate = read_channels(path, offset_s=offset_s, duration_s=duration_s, raw=raw)
    waveform = one_channel(channels, channel, Path(path))
    return resample(waveform, rate, sample_rate_hz)


def read_channels(
    path: Path, *, offset_s: float = 0.0, duration_s: float | None = None, raw: RawFormat | None = None
) -> tuple[np.ndarray, int]:
    """Return one span of a file with all its channels, at the file's own rate.

    Returns:
        samples [N, C] float32 with N >= 1, and the rate in Hz.

    Raises:
        AudioError: the file is missing, empty, truncated or not audio; it has no samples, or some that are not
            finite or beyond any loudness; the span starts or ends past its end.
    """
    path = Path(path)
    if raw is None and needs_pyav(path):
        rate = media_facts(path).sample_rate_hz
        channels = np.concatenate(list(span_of_media(path, rate, offset_s, duration_s)))
    else:
        with opened(path, raw) as file:
            rate = file.samplerate
            channels = _read_span(file, span_of(path, rate, file.frames, offset_s, duration_s))
    check_samples(path, channels, rate)
    return channels, rate


def mixed(channels: np.ndarray) -> np.ndarray:
    """Return the mean [N] of channels [N, C]; what is no sound stays none."""
    if channels.shape[1] == 1:
        return channels[:, 0]
    with np.errstate(invalid="ignore", over="ignore"):
        return channels.mean(axis=1)


def check_samples(path: Path, channels: np.ndarray, rate: int) -> None:
    """Check that samples [N, C], N >= 1, can be sound.

    Raises:
        AudioError: the rate is none of sound, or a sample is not finite or beyond any loudness.
    """
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise AudioError(f"{path}: {rate} samples a second, which no sound has: the header is damaged, write it anew")
    if not np.isfinite(channels).all():
        raise AudioError(f"{path}: some samples are NaN or infinite: write the file anew from its source")
    loudest = float(np.abs(channels).max())
    if loudest > _MAX_SAMPLE:
        raise AudioError(f"{path}: samples up to {loudest:.2g}, sound lies in -1..1: write the file anew, scaled")


def audio_duration(path: Path, raw: RawFormat | None = None) -> float:
    """Return the length of a file in seconds, as its header says.

    Raises:
        AudioError: the file is missing, empty or not audio, has no samples, or is visibly truncated.
    """
    path = Path(path)
    if raw is None and needs_pyav(path):
        promised = media_facts(path).duration
        if promised is not None:
            return promised
        return sum(map(len, media_blocks(path))) / media_facts(path).sample_rate_hz
    with opened(path, raw) as file:
        return file.frames / file.samplerate


def num_channels(path: Path, raw: RawFormat | None = None) -> int:
    """Return how many channels a file has.

    Raises:
        AudioError: as `audio_duration`.
    """
    path = Path(path)
    if raw is None and needs_pyav(path):
        return media_facts(path).num_channels
    with opened(path, raw) as file:
        return file.channels


def needs_pyav(path: Path) -> bool:
    """Whether PyAV reads the file; what libsndfile knows, it also checks for being whole."""
    return is_media(read_head(path))


def resample(waveform: np.ndarray, from_rate_hz: float, to_rate_hz: float) -> np.ndarray:
    """Return a waveform ([N] or [N, C]) at another rate; length scales with the rate, to the nearest sample or two."""
    if from_rate_hz == to_rate_hz:
        return waveform
    return soxr.resample(waveform, from_rate_hz, to_rate_hz, quality="HQ")


def as_mp3(waveform: Waveform, sample_rate_hz: int, *, compression: float = 0.7) -> bytes:
    """Return a waveform as an MP3 file of variable bit rate: small, and every browser plays and decodes it.

    Args:
        waveform: [N], N >= 1.
        sample_rate_hz: a rate of MP3, as 16 000; some 3.5 kB a second at that rate.
        compression: 0 (best) to 1 (smallest).
    """
    content = io.BytesIO()
    soundfile.write(
        content,
        waveform,
        sample_rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=compression,
    )
    return content.getvalue()


def one_channel(channels: np.ndarray, channel: int | None, path: Path) -> Waveform:
    """Return one channel, from 0, of samples [N, C], or the mean of all.

    Raises:
        AudioError: there is no such channel.
    """
    num_channels = channels.shape[1]
    if channel is None:
        return mixed(channels)
    if not 0 <= channel < num_channels:
        raise AudioError(
            f"{path}: no channel {channel}: the file has {num_channels}, counted from 0; mend the manifest's channel"
        )
    return np.ascontiguousarray(channels[:, channel])


@contextmanager
def opened(path: Path, raw: RawFormat | None = None) -> Iterator[soundfile.SoundFile]:
    """Open a file, checked for what can be seen without decoding it; libsndfile's errors become ours.

    Raises:
        AudioError: the file is missing, a pipe or a device, empty, visibly truncated or not audio.
    """
    try:
        if takes_bytes_only(path):  # opening a pipe would wait for whoever writes into it
            raise AudioError(f"{path}: no regular file: send it through standard input (-)")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read() if head.startswith(b"OggS") else b""
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}: name a sound file that is there") from error
    if not head:
        raise AudioError(f"{path}: the file is empty: copy or download it again")
    if raw is not None:
        raw.check_size(path)
    elif path.suffix.lower() == ".raw":
        raise AudioError(
            f"{path}: raw samples do not say what they are: say it to asr transcribe, as in --raw s16le,16000,1, "
            f"or convert the file to WAV or FLAC"
        )
    try:
        name = os.fsencode(path)  # soundfile itself cannot encode names that are no UTF-8
        options = raw.soundfile_options if raw else {}
        with soundfile.SoundFile(name, **options) as file:  # pyright: ignore[reportArgumentType]
            if raw is None and _is_cut_off(file, head, tail):
                raise _truncated(file, "the header promises more")
            if file.frames == 0:
                raise AudioError(f"{path}: the file holds no samples: record or copy it again")
            if file.frames > _MOST_SAMPLES_A_BYTE * size:  # before room is made for them
                raise _truncated(file, f"the header promises {file.frames} samples, the file has {size} bytes")
            yield file
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{path}: truncated, damaged or not audio{_reason(error)}: copy it again, or convert it to WAV or FLAC"
        ) from error


def _reason(error: soundfile.LibsndfileError) -> str:
    """What libsndfile says, unless it says that there is no such file: we have just read it."""
    reason = error.error_string.strip().removeprefix("Error : ").rstrip(".")
    return "" if reason.startswith("File does not exist") else f" ({reason})"


def _is_cut_off(file: soundfile.SoundFile, head: bytes, tail: bytes) -> bool:
    """Whether the file is shorter than its own header says; each family of formats says it in its own way."""
    if tail:
        return not _ends_an_ogg_stream(tail[max(0, tail.rfind(b"OggS")) :])
    if head.startswith(b"NIST_1A"):
        promised = _SPHERE_COUNT.search(head)
        return promised is not None and file.frames < int(promised[1])
    if head.startswith(b"2BIT"):
        return file.frames < int.from_bytes(head[_AVR_COUNT], "big")
    if _SEEMS_TRUNCATED.search(file.extra_info):
        return True
    chunks = ((int(said), int(there)) for said, there in _SHORT_CHUNK.findall(file.extra_info))
    return any(there < said and not is_unknown_length(said) for said, there in chunks)


def is_unknown_length(num_bytes: int) -> bool:
    """Whether a length in a header is one that programs write who cannot know it."""
    return any(num_bytes in lengths for lengths in _UNKNOWN_LENGTHS)


def _ends_an_ogg_stream(page: bytes) -> bool:
    """Whether a page is whole and marked as a stream's last (RFC 3533, section 6)."""
    if len(page) < 27 or not page[5] & 0x04:
        return False
    num_segments = page[26]
    segments = page[27 : 27 + num_segments]
    return len(page) >= 27 + num_segments + sum(segments)


def span_of(path: Path, rate: int, num_samples: int, offset_s: float, duration_s: float | None) -> slice:
    """Return which samples a span has.

    Raises:
        AudioError: it does not lie in the file.
    """
    start = round(offset_s * rate)
    if start >= num_samples:
        raise AudioError(
            f"{path}: the span starts at {offset_s:g} s and the file ends at {num_samples / rate:g} s: "
            f"mend the manifest's offset"
        )
    stop = num_samples if duration_s is None else start + max(1, round(duration_s * rate))
    if stop > num_samples + SPAN_TOLERANCE_S * rate:
        raise AudioError(
            f"{path}: the span ends at {stop / rate:g} s and the file at {num_samples / rate:g} s: "
            f"mend the manifest's duration, or the file is not whole"
        )
    return slice(start, min(stop, num_samples))


def _read_span(file: soundfile.SoundFile, span: slice) -> np.ndarray:
    """Read a span [N, C]; fewer samples than the header promises are an error."""
    # One block, but of µ-law without a header (.snd) libsndfile reads the last twelve samples apart.
    return np.concatenate(list(span_blocks(file, span, span.stop)))


def span_blocks(file: soundfile.SoundFile, span: slice, size: int) -> Iterator[np.ndarray]:
    """Yield a span as blocks [n, C] with n <= ``size``; what one reads of them, it has of the whole span.

    Raises:
        AudioError: there are fewer samples than the header promises.
    """
    is_mp3 = "MP3" in file.format or "MPEG" in file.subtype
    start = max(0, span.start - _MP3_LEAD_IN_SAMPLES) if is_mp3 else span.start
    expected, lead_in, count = span.stop - start, span.start - start, 0
    if start:
        file.seek(start)
    while len(block := file.read(min(size, expected - count), dtype="float32", always_2d=True)):
        wanted = block[max(0, lead_in - count) :]
        count += len(block)
        if len(wanted):
            yield wanted
    tolerance = _MP3_TOLERANCE_SAMPLES + _MP3_TOLERANCE_SHARE * expected if is_mp3 else 0.0
    if count < max(lead_in + 1, expected - tolerance):
        raise _truncated(file, f"{count} samples where the header says {expected}")


def span_of_media(path: Path, rate: int, offset_s: float, duration_s: float | None) -> Iterator[np.ndarray]:
    """Yield a span of what PyAV reads as blocks [n, C]; nothing after it is decoded.

    Raises:
        AudioError: as `asr.media.media_blocks`; or there are no samples; or the span does not lie in the file.
    """
    wanted, count = span_of(path, rate, sys.maxsize, offset_s, duration_s), 0  # as in a file without an end
    for block in media_blocks(path):
        part = block[max(0, wanted.start - count) : max(0, wanted.stop - count)]
        count += len(block)
        if len(part):
            yield part
        if count >= wanted.stop:
            return
    if not count:
        raise AudioError(f"{path}: the file holds no samples: record or copy it again")
    span_of(path, rate, count, offset_s, duration_s)


def _truncated(file: soundfile.SoundFile, how: str) -> AudioError:
    return AudioError(f"{os.fsdecode(file.name)}: truncated ({how}): copy or download it again")
