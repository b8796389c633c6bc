import numpy as np
import pytest
import soundfile

from asr import audio_blocks as module
from asr.audio import read_audio
from asr.audio_blocks import audio_blocks
from asr.errors import AudioError


@pytest.fixture
def stereo(tmp_path, monkeypatch):
    """Return a function that writes noise in some format; blocks are of a tenth of a second."""
    monkeypatch.setattr(module, "BLOCK_S", 0.1)

    def write(suffix, rate=16_000):
        samples = np.random.default_rng(0).uniform(-0.3, 0.3, (rate * 2, 2))
        soundfile.write(tmp_path / f"a.{suffix}", samples, rate)
        return tmp_path / f"a.{suffix}"

    return write


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("span", [{}, {"offset_s": 0.35, "duration_s": 0.72}, {"channel": 1}])
def test_blocks_are_what_reading_at_once_gives(stereo, suffix, span):
    path = stereo(suffix)
    blocks = list(audio_blocks(path, sample_rate_hz=16_000, **span))
    assert max(map(len, blocks)) <= 1600
    np.testing.assert_allclose(np.concatenate(blocks), read_audio(path, sample_rate_hz=16_000, **span), atol=1e-6)


def test_another_rate_is_resampled_without_seams(stereo):
    path = stereo("wav", rate=44_100)
    whole = read_audio(path, sample_rate_hz=16_000)
    found = np.concatenate(list(audio_blocks(path, sample_rate_hz=16_000)))
    assert abs(len(found) - len(whole)) <= 1
    np.testing.assert_allclose(found[: len(whole)], whole[: len(found)], atol=1e-4)  # of noise up to 0.3


def test_the_sound_of_a_video_comes_in_blocks_too(tmp_path):
    av = pytest.importorskip("av", reason="reads it")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for number in range(16):
            samples = np.sin(np.arange(1024) * 0.1 + number).astype(np.float32)[None] * 0.3
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for span in ({}, {"offset_s": 0.2, "duration_s": 0.5}):
        found = np.concatenate(list(audio_blocks(tmp_path / "a.mp4", sample_rate_hz=16_000, **span)))
        np.testing.assert_array_equal(found, read_audio(tmp_path / "a.mp4", sample_rate_hz=16_000, **span))


def test_a_file_that_breaks_off_says_so_at_its_end(stereo):
    path = stereo("flac")
    path.write_bytes(path.read_bytes()[:-20_000])
    blocks = audio_blocks(path, sample_rate_hz=16_000)
    assert len(next(blocks))
    with pytest.raises(AudioError, match="truncated"):
        list(blocks)
