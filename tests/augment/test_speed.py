import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.augment import speed_perturb


@settings(deadline=None, max_examples=50)
@given(num_samples=st.integers(1_000, 20_000), speed=st.sampled_from([0.8, 0.9, 0.95, 1.05, 1.1, 1.25]))
def test_a_speed_changes_the_length_by_its_inverse(num_samples, speed):
    waveform = np.random.default_rng(0).standard_normal(num_samples).astype(np.float32)
    copy = speed_perturb(waveform, speed, 16_000)
    assert abs(len(copy) - num_samples / speed) <= 2
    assert copy.dtype == np.float32


def test_speed_one_is_the_waveform_itself():
    waveform = np.random.default_rng(0).standard_normal(1_000).astype(np.float32)
    np.testing.assert_array_equal(speed_perturb(waveform, 1.0, 16_000), waveform)


@pytest.mark.parametrize("speed", [0.9, 1.1])
def test_a_tone_rises_with_the_speed(speed):
    seconds = np.arange(16_000) / 16_000
    copy = speed_perturb(np.sin(2 * np.pi * 1_000 * seconds).astype(np.float32), speed, 16_000)
    spectrum = np.abs(np.fft.rfft(copy * np.hanning(len(copy))))
    assert np.argmax(spectrum) * 16_000 / len(copy) == pytest.approx(1_000 * speed, abs=1.5)
