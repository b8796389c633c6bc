import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.audio import read_audio
from asr.config import FeatureConfig
from asr.errors import RunError, ShapeError, UtteranceError
from asr.features import (
    FeatureStatistics,
    FrontEnd,
    compute_features,
    fft_size,
    front_end,
    hop_size,
    normalise,
    num_frames,
)
from tests.reference import delta_by_definition, log_mel_by_definition

CONFIGS = {
    "default": FeatureConfig(),
    "8 kHz": FeatureConfig(sample_rate_hz=8_000, max_hz=3_800.0, num_mels=40),
    "other windows": FeatureConfig(window_s=0.032, hop_s=0.0125, num_mels=23, min_hz=0.0, max_hz=8_000.0),
    "mfcc": FeatureConfig(kind="mfcc", num_mfcc=13),
    "mfcc with deltas": FeatureConfig(kind="mfcc", num_mfcc=13, deltas=2),
    "deltas": FeatureConfig(deltas=1),
}
any_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


def noise(num_samples, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(num_samples)).astype(np.float32)


@pytest.fixture
def speech(data):
    return read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000)


@pytest.mark.parametrize("name", ["default", "8 kHz", "other windows"])
def test_log_mel_is_what_its_definition_says(name, speech):
    config = CONFIGS[name]
    # The transform is computed in float32 (2e-7 relative to the loudest bin), the definition in float64.
    np.testing.assert_allclose(compute_features(speech, config), log_mel_by_definition(speech, config), atol=2e-3)


def test_log_mel_is_librosa_s_mel_spectrogram_in_nepers(speech):
    config = FeatureConfig()
    power = librosa.feature.melspectrogram(
        y=speech, sr=16_000, n_fft=512, win_length=400, hop_length=160, n_mels=80, fmin=20, fmax=7_600, center=False
    )
    decibels = librosa.power_to_db(power, ref=1.0, top_db=None).T
    # float32 rounding of values up to 100 dB
    np.testing.assert_allclose(compute_features(speech, config), decibels * np.log(10) / 10, atol=1e-3)


def test_mfcc_is_librosa_s(speech):
    log_mel = compute_features(speech, FeatureConfig())
    expected = librosa.feature.mfcc(S=log_mel.T, n_mfcc=13).T
    np.testing.assert_allclose(compute_features(speech, CONFIGS["mfcc"]), expected, rtol=1e-5)


def test_deltas_are_slopes_and_stand_behind_the_features(speech):
    frames = compute_features(speech, CONFIGS["deltas"])
    assert frames.shape[1] == 160
    np.testing.assert_array_equal(frames[:, :80], compute_features(speech, FeatureConfig()))
    np.testing.assert_allclose(frames[:, 80:], delta_by_definition(frames[:, :80]), atol=1e-4)


@pytest.mark.parametrize("length", [1, 2, 8])
def test_an_utterance_shorter_than_the_delta_window_is_continued_with_its_last_frame(length):
    config = CONFIGS["mfcc with deltas"]
    waveform = noise(512 + 160 * (length - 1))
    static = compute_features(waveform, CONFIGS["mfcc"])
    continued = np.concatenate([static, np.repeat(static[-1:], 9 - length, axis=0)])
    frames = compute_features(waveform, config)
    assert frames.shape == (length, 39)
    np.testing.assert_allclose(frames[:, 13:26], delta_by_definition(continued)[:length], atol=1e-3)


@any_config
@settings(deadline=None, max_examples=30)
@given(num_samples=st.integers(0, 4_000))
def test_num_frames_says_how_many_frames_come(config, num_samples):
    expected = num_frames(num_samples, config)
    if expected:
        frames = compute_features(noise(num_samples), config)
        assert frames.shape == (expected, config.num_features)
        assert frames.dtype == np.float32
        assert np.isfinite(frames).all()
    else:
        assert num_samples < fft_size(config)
        with pytest.raises(UtteranceError, match="shorter than one frame"):
            compute_features(noise(num_samples), config)


@settings(deadline=None, max_examples=30)
@given(first=st.integers(0, 60), length=st.integers(1, 40))
def test_a_stretch_of_the_waveform_gives_the_same_frames_as_the_whole(first, length):
    config = FeatureConfig()
    waveform = noise(512 + 160 * 100)
    start = first * hop_size(config)
    stretch = waveform[start : start + fft_size(config) + (length - 1) * hop_size(config)]
    whole = compute_features(waveform, config)
    # Only the order of sums inside a matrix product may differ.
    np.testing.assert_allclose(compute_features(stretch, config), whole[first : first + length], atol=1e-4)


def test_computing_one_utterance_leaves_no_trace_in_the_next(speech):
    before = compute_features(speech, FeatureConfig())
    compute_features(noise(20_000), CONFIGS["8 kHz"])
    np.testing.assert_array_equal(compute_features(speech, FeatureConfig()), before)


def test_digital_silence_is_at_the_floor_and_stays_finite():
    config = FeatureConfig()
    frames = compute_features(np.zeros(8_000, np.float32), config)
    assert frames == pytest.approx(np.log(1e-10))
    assert normalise(frames, front_end(config)) == pytest.approx(0, abs=1e-2)


def test_utterance_normalisation_gives_mean_0_and_variance_1_from_the_utterance_alone(speech):
    frames = compute_features(speech, FeatureConfig())
    normal = normalise(frames, front_end(FeatureConfig(normalisation="utterance")))
    assert normal.dtype == np.float32
    assert normal.mean(axis=0) == pytest.approx(0, abs=1e-4)
    assert normal.std(axis=0) == pytest.approx(1, abs=1e-4)


def test_global_normalisation_uses_the_statistics_that_were_given(speech):
    config = FeatureConfig(normalisation="global")
    frames = compute_features(speech, config)
    statistics = FeatureStatistics.of(frames) + FeatureStatistics.of(frames * 2 + 1)
    together = np.concatenate([frames, frames * 2 + 1])
    expected = (frames - together.mean(axis=0)) / together.std(axis=0)
    np.testing.assert_allclose(normalise(frames, front_end(config, statistics)), expected, atol=1e-3)


def test_global_normalisation_without_statistics_is_an_error():
    with pytest.raises(ShapeError, match="needs the statistics"):
        front_end(FeatureConfig(normalisation="global"))
    with pytest.raises(ShapeError, match="at least one frame"):
        front_end(FeatureConfig(normalisation="global"), FeatureStatistics.none(80))


def test_no_normalisation_leaves_the_values_as_they_are(speech):
    config = FeatureConfig(normalisation="none")
    frames = compute_features(speech, config)
    np.testing.assert_array_equal(normalise(frames.astype(np.float16), front_end(config)), frames.astype(np.float16))


@given(sizes=st.lists(st.integers(0, 20), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))
def test_statistics_of_pieces_add_up_to_those_of_the_whole(sizes, seed):
    frames = np.random.default_rng(seed).normal(3, 2, (sum(sizes), 4))
    pieces = np.split(frames, np.cumsum(sizes)[:-1])
    added = sum((FeatureStatistics.of(piece) for piece in pieces), start=FeatureStatistics.none(4))
    whole = FeatureStatistics.of(frames)
    assert added.count == whole.count
    np.testing.assert_allclose(added.mean, whole.mean, rtol=1e-6)
    np.testing.assert_allclose(added.std, whole.std, rtol=1e-6)


@pytest.mark.parametrize("normalisation", ["utterance", "global"])
def test_a_saved_front_end_comes_back_the_same(normalisation, tmp_path):
    config = FeatureConfig(normalisation=normalisation, num_mels=40)
    statistics = FeatureStatistics.of(np.random.default_rng(0).standard_normal((50, 40)))
    saved = front_end(config, statistics)
    saved.save(tmp_path / "features.npz")
    loaded = FrontEnd.load(tmp_path / "features.npz")
    assert loaded.config == config
    for name in ("mel", "window", "mean", "std"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))


def test_a_front_end_holds_all_that_log_mel_needs_without_librosa(speech):
    config = FeatureConfig()
    saved = front_end(config)
    stretches = np.lib.stride_tricks.sliding_window_view(speech, len(saved.window))[:: hop_size(config)]
    power = np.abs(np.fft.rfft(stretches * saved.window)) ** 2
    frames = np.log(np.maximum(power @ saved.mel.T, 1e-10))
    np.testing.assert_allclose(frames, compute_features(speech, config), atol=2e-3)


def test_a_front_end_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(RunError, match=r"features\.npz: No such file"):
        FrontEnd.load(tmp_path / "features.npz")
    for content in (b"", b"not a zip file", b"PK\x03\x04 cut off"):
        (tmp_path / "features.npz").write_bytes(content)
        with pytest.raises(RunError, match="not a front end"):
            FrontEnd.load(tmp_path / "features.npz")
