"""Sound without a header: what the caller must say of it, in FFmpeg's words (s16le,16000,1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.errors import AudioError, ConfigError

# FFmpeg's name, libsndfile's name, bytes a sample.
_ENCODINGS = {
    "u8": ("PCM_U8", 1),
    "s8": ("PCM_S8", 1),
    "s16": ("PCM_16", 2),
    "s24": ("PCM_24", 3),
    "s32": ("PCM_32", 4),
    "f32": ("FLOAT", 4),
    "f64": ("DOUBLE", 8),
    "mulaw": ("ULAW", 1),
    "alaw": ("ALAW", 1),
}
_BYTE_ORDERS = {"le": "LITTLE", "be": "BIG"}
# Speech at a lower rate cannot be understood, and resampling it by a thousand would fill the memory.
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 1_000_000
_MAX_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class RawFormat:
    """How samples lie in a file that does not say it.

    Attributes:
        subtype: the encoding by libsndfile's name.
        byte_order: LITTLE or BIG; of no account for samples of one byte.
        bytes_a_sample: of one channel.
        sample_rate_hz: samples a second.
        num_channels: interleaved.
    """

    subtype: str
    byte_order: str
    bytes_a_sample: int
    sample_rate_hz: int
    num_channels: int

    @property
    def soundfile_options(self) -> dict[str, Any]:
        """What `soundfile.SoundFile` takes."""
        return {
            "format": "RAW",
            "subtype": self.subtype,
            "endian": self.byte_order,
            "samplerate": self.sample_rate_hz,
            "channels": self.num_channels,
        }

    def check_size(self, path: Path) -> None:
        """Check that a file holds whole samples.

        Raises:
            AudioError: its last sample is cut off, or the format is not that of the file.
        """
        size, step = path.stat().st_size, self.bytes_a_sample * self.num_channels
        if size % step:
            raise AudioError(
                f"{path}: {size} bytes are no whole number of samples of {step} bytes: "
                f"truncated, or --raw does not say what the file is"
            )


def parse_raw_format(text: str) -> RawFormat:
    """Return the format of a text such as ``s16le,16000,1``: encoding, samples a second, channels.

    Raises:
        ConfigError: it is not of this form.

    >>> parse_raw_format("s16le,16000,1")
    RawFormat(subtype='PCM_16', byte_order='LITTLE', bytes_a_sample=2, sample_rate_hz=16000, num_channels=1)
    """
    name, _, numbers = text.strip().partition(",")
    plain, order = (name[:-2], name[-2:]) if name[-2:] in _BYTE_ORDERS else (name, "le")
    rate, _, channels = numbers.partition(",")
    needs_order = _ENCODINGS.get(plain, ("", 1))[1] > 1
    if plain not in _ENCODINGS or (name != plain) != needs_order:
        known = ", ".join(encoding + ("le" if size > 1 else "") for encoding, (_, size) in _ENCODINGS.items())
        raise ConfigError(f"--raw {text}: {name!r} is no encoding: choose from {known}, or be for le")
    if not (_is_count(rate, MIN_RATE_HZ, MAX_RATE_HZ) and _is_count(channels, 1, _MAX_CHANNELS)):
        raise ConfigError(
            f"--raw {text}: write encoding, samples a second ({MIN_RATE_HZ} to {MAX_RATE_HZ}), "
            f"channels (1 to {_MAX_CHANNELS}), as in s16le,16000,1"
        )
    subtype, size = _ENCODINGS[plain]
    return RawFormat(subtype, _BYTE_ORDERS[order], size, int(rate), int(channels))


def _is_count(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and least <= int(text) <= most
