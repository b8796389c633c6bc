"""Synthesised recordings, and a progress callback that says nothing."""

import numpy as np
import pytest
import soundfile


@pytest.fixture
def report():
    return lambda what, done, total: None


@pytest.fixture
def write_tone():
    """Return a function that writes a sine as a sound file, making the folders above it."""

    def write(path, seconds=0.5, hz=440.0, rate=16_000, amplitude=0.3, **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        times = np.arange(round(seconds * rate)) / rate
        # 16-bit numbers: formats differ in how they round floats.
        samples = np.round(32767 * amplitude * np.sin(2 * np.pi * hz * times)).astype(np.int16)
        soundfile.write(path, samples, rate, **options)
        return path

    return write
