"""Sound as it comes out of the codecs that recordings pass through: MP3, Opus, Vorbis, a telephone line."""

import io
from collections.abc import Callable, Sequence

import numpy as np
import soundfile

from asr.audio import Waveform, resample

TELEPHONE_HZ = 8_000
_PEAK = 0.99  # loudest sample that is handed to a codec, which clips beyond 1

# Names of libsndfile's container and codec, and its compression level from 0 to 1: at 16 kHz 0.6 is 66 kbit/s of MP3
# and 0.9 is 25; Opus has 31 at 0.9 and 17 at 0.96; Vorbis some 45.
_CODED: tuple[tuple[str, str, float], ...] = (
    ("MP3", "MPEG_LAYER_III", 0.6),
    ("MP3", "MPEG_LAYER_III", 0.8),
    ("MP3", "MPEG_LAYER_III", 0.9),
    ("OGG", "OPUS", 0.9),
    ("OGG", "OPUS", 0.96),
    ("OGG", "VORBIS", 0.9),
)


def code(waveform: Waveform, container: str, codec: str, level: float, sample_rate_hz: int) -> Waveform:
    """Return a waveform coded and decoded again; some codecs add a few hundredths of a second at the start.

    Args:
        waveform: [N] float32.
        container: libsndfile's name, as ``"MP3"``.
        codec: its subtype, as ``"MPEG_LAYER_III"``.
        level: compression from 0 (best sound) to 1 (smallest).
        sample_rate_hz: of the waveform; one that the codec has.
    """
    file = io.BytesIO()
    scale = min(1.0, _PEAK / max(float(np.abs(waveform).max(initial=0)), 1e-12))
    soundfile.write(file, waveform * scale, sample_rate_hz, codec, format=container, compression_level=level)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return decoded / np.float32(scale)


def telephone(waveform: Waveform, sample_rate_hz: int) -> Waveform:
    """Return a waveform as a telephone line carries it: up to 4 kHz, 8 bits a sample by the mu-law (ITU-T G.711)."""
    narrow = np.clip(resample(waveform, sample_rate_hz, TELEPHONE_HZ), -1, 1)
    file = io.BytesIO()
    soundfile.write(file, narrow, TELEPHONE_HZ, "ULAW", format="WAV")
    file.seek(0)
    return resample(soundfile.read(file, dtype="float32")[0], TELEPHONE_HZ, sample_rate_hz)


def random_codec(waveform: Waveform, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return a waveform through one of the codecs, each as likely as the others."""
    choices: Sequence[Callable[[], Waveform]] = [
        lambda: telephone(waveform, sample_rate_hz),
        *(lambda coded=coded: code(waveform, *coded, sample_rate_hz) for coded in _CODED),
    ]
    return choices[int(rng.integers(len(choices)))]()
