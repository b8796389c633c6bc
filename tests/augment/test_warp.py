import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.augment import augment_frames
from asr.augment.warp import warp_frequency, warp_time
from asr.config import AugmentConfig, FeatureConfig, parse_config
from asr.errors import ConfigError

FEATURES = FeatureConfig()
CENTRES = librosa.mel_frequencies(82, fmin=20.0, fmax=7600.0)[1:-1]


def frames_with_a_line_at(hz: float, num_frames: int = 5) -> np.ndarray:
    line = np.exp(-((np.arange(80) - np.interp(hz, CENTRES, np.arange(80))) ** 2) / 8)
    return np.tile(line, (num_frames, 1)).astype(np.float32)


@pytest.mark.parametrize("factor", [0.85, 0.95, 1.05, 1.2])
@pytest.mark.parametrize("hz", [300.0, 1_000.0, 3_000.0])
def test_a_line_moves_to_its_frequency_times_the_factor(factor, hz):
    warped = warp_frequency(frames_with_a_line_at(hz), factor, FEATURES)
    expected = np.interp(factor * hz, CENTRES, np.arange(80))
    assert np.argmax(warped[0]) == pytest.approx(expected, abs=1)


def test_factor_one_changes_nothing():
    frames = np.random.default_rng(0).standard_normal((7, 80)).astype(np.float32)
    np.testing.assert_allclose(warp_frequency(frames, 1.0, FEATURES), frames, atol=1e-6)


def test_the_highest_filter_is_read_near_the_upper_edge_whatever_the_factor():
    ramp = np.arange(80, dtype=np.float32)[None]
    for factor in (0.8, 1.0, 1.25):
        warped = warp_frequency(ramp, factor, FEATURES)[0]
        assert np.all(np.diff(warped) >= 0)
        assert warped[-1] == pytest.approx(79, abs=1)


def test_deltas_are_warped_as_what_they_are_deltas_of():
    config = FeatureConfig(deltas=1)
    frames = np.random.default_rng(0).standard_normal((4, 160)).astype(np.float32)
    halves = [warp_frequency(half, 1.1, FEATURES) for half in np.split(frames, 2, axis=1)]
    np.testing.assert_array_equal(warp_frequency(frames, 1.1, config), np.concatenate(halves, axis=1))


@given(num_frames=st.integers(1, 1_000), share=st.floats(0.01, 0.9), seed=st.integers(0, 1_000))
def test_a_time_warp_keeps_ends_and_order_and_the_pace_within_its_share(num_frames, share, seed):
    clock = np.arange(num_frames, dtype=np.float64)[:, None]
    warped = warp_time(clock, share, FEATURES, np.random.default_rng(seed))[:, 0]
    assert warped.shape == (num_frames,)
    assert warped[0] == 0 and warped[-1] == pytest.approx(num_frames - 1)
    pace = np.diff(warped)
    assert np.all(pace >= 1 - share - 1e-9) and np.all(pace <= 1 + share + 1e-9)


def test_the_pace_does_change():
    clock = np.arange(600, dtype=np.float64)[:, None]
    pace = np.diff(warp_time(clock, 0.3, FEATURES, np.random.default_rng(0))[:, 0])
    assert pace.min() < 0.9 and pace.max() > 1.1


def test_warps_are_decided_by_the_generator_and_leave_the_input_as_it_was():
    frames = np.random.default_rng(1).standard_normal((150, 80)).astype(np.float32)
    before = frames.copy()
    config = AugmentConfig(frequency_warp=0.1, time_warp=0.2)
    first, second, other = (augment_frames(frames, config, FEATURES, np.random.default_rng(s)) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32 and np.any(first != other)
    np.testing.assert_array_equal(frames, before)


def test_cepstra_have_no_frequency_to_warp():
    values = {"features": {"kind": "mfcc"}, "augment": {"frequency_warp": 0.1}}
    with pytest.raises(ConfigError, match=r"augment\.frequency_warp: .*mfcc"):
        parse_config(values, "c.toml")
