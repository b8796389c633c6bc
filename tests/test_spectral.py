import numpy as np
import pytest

from asr.audio import read_audio
from asr.config import FeatureConfig
from asr.errors import UtteranceError
from asr.features import FrontEnd, compute_features, front_end

CONFIGS = {
    "log-mel": FeatureConfig(),
    "log-mel with deltas": FeatureConfig(deltas=2),
    "mfcc with deltas": FeatureConfig(kind="mfcc", deltas=1),
    "8 kHz": FeatureConfig(sample_rate_hz=8_000, max_hz=3_900, num_mels=40, window_s=0.032),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("num_samples", [520, 1_500, None], ids=["a frame", "fewer than a delta's width", "a word"])
def test_features_without_librosa_are_librosas(config, num_samples, data):
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=config.sample_rate_hz)[:num_samples]
    found = front_end(config).frames(waveform)
    expected = compute_features(waveform, config)
    assert found.dtype == expected.dtype
    # Both round to float32 in the Fourier transform: 1e-5 of values of which most lie between 3 and 23.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=5e-5)


def test_features_without_librosa_differ_little_from_librosas_in_double_precision(data):
    config = FeatureConfig()
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000)
    made = front_end(config)
    windows = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), len(made.window))[::160]
    power = np.abs(np.fft.rfft(windows * made.window.astype(np.float64))) ** 2
    expected = np.log(np.maximum(power @ made.mel.T.astype(np.float64), 1e-10))
    np.testing.assert_allclose(made.frames(waveform), expected, rtol=1e-5, atol=1e-5)


def test_a_long_recording_has_the_frames_of_its_parts():
    made = front_end(FeatureConfig(num_mels=4))
    waveform = np.random.default_rng(0).normal(size=160 * 2_100 + 512).astype(np.float32)
    part = made.frames(waveform[160 * 2_040 :])[:20]
    np.testing.assert_allclose(made.frames(waveform)[2_040:2_060], part, atol=1e-5)


def test_silence_is_at_the_floor():
    assert np.unique(front_end(FeatureConfig()).frames(np.zeros(1_000, np.float32))).tolist() == [
        np.log(np.float32(1e-10))
    ]


def test_a_saved_front_end_makes_the_same_frames(tmp_path, data):
    made = front_end(FeatureConfig())
    made.save(tmp_path / "features.npz")
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000)
    np.testing.assert_array_equal(FrontEnd.load(tmp_path / "features.npz").frames(waveform), made.frames(waveform))


def test_audio_shorter_than_a_frame_is_an_error():
    with pytest.raises(UtteranceError, match="shorter than one frame"):
        front_end(FeatureConfig()).frames(np.zeros(100, np.float32))
