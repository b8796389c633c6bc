"""Files that were damaged at random: an error that names the file, or sound; never anything else."""

import io

import numpy as np
import pytest
import soundfile

from asr.errors import AudioError
from asr.transcribe.source import Source, split_channels
from tests.transcribe.conftest import beeps

CONTAINERS = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "float": {"format": "WAV", "subtype": "DOUBLE"},
    "flac": {"format": "FLAC"},
    "ogg": {"format": "OGG"},
    "mp3": {"format": "MP3"},
    "aiff": {"format": "AIFF"},
    "m4a": {},
}
NUM_MUTATIONS = 150  # a thousand of each have passed, too


def content_of(name: str) -> bytes:
    """Return a whole file."""
    file = io.BytesIO()
    if name != "m4a":
        soundfile.write(file, beeps(1, 8_000), 8_000, **CONTAINERS[name])
        return file.getvalue()
    av = pytest.importorskip("av", reason="needs PyAV, the extra `media`")
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8_000, layout="mono")
        samples = beeps(1, 8_000)[:, 0].astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 8_000
        for part in (frame, None):
            container.mux(stream.encode(part))
    return file.getvalue()


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with bytes changed, mostly near its start, or cut off, or with something in between."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place = rng.integers(0, min(len(changed), 200 if rng.random() < 0.8 else len(changed)))
        kind = rng.integers(0, 4)
        if kind == 0:
            changed[place] ^= 1 << rng.integers(0, 8)
        elif kind == 1:
            changed[place : place + 4] = rng.bytes(4)
        elif kind == 2:
            changed[place:place] = rng.bytes(rng.integers(1, 50))
        else:
            del changed[max(1, rng.integers(1, len(changed) + 1)) :]
    return bytes(changed)


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_damaged_file_is_an_error_or_sound(name, tmp_path):
    content = content_of(name)
    rng = np.random.default_rng(0)
    path = tmp_path / "talk.wav"
    num_errors = 0
    for _ in range(NUM_MUTATIONS):
        path.write_bytes(mutated(content, rng))
        for source in split_channels([Source.of(path)])[:2]:
            try:
                waveform = source.read(16_000)
            except AudioError as error:
                num_errors += 1
                assert str(path) in str(error) and "\n" not in str(error)
            else:
                assert waveform.ndim == 1 and np.isfinite(waveform).all()
    assert num_errors > NUM_MUTATIONS / 10
