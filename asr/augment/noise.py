"""Noise behind speech: steady, of a random colour, swelling and fading as traffic or wind does."""

import numpy as np

from asr.audio import Waveform

_SWELL_S = 0.5  # time between the levels that are drawn
_SWELL_DB = 6.0  # standard deviation of the level


def add_noise(waveform: Waveform, snr_db: float, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return a waveform with noise under it; silence is left as it is.

    Args:
        waveform: [N] float32.
        snr_db: power of the waveform over that of the noise, both over all of it, in decibels.
        sample_rate_hz: of the waveform.
        rng: draws the noise, and its colour between white and brown.
    """
    noise = _coloured_noise(len(waveform), rng.uniform(0, 2), rng) * _swell(len(waveform), sample_rate_hz, rng)
    power = np.mean(np.square(noise)) or 1.0
    wanted = np.mean(np.square(waveform, dtype=np.float64)) * 10 ** (-snr_db / 10)
    return (waveform + noise * np.sqrt(wanted / power)).astype(np.float32)


def _coloured_noise(num_samples: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """[N] noise whose power falls with frequency to the power of ``slope``: 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    # Below some 1/200 of the Nyquist frequency the power stays: brown noise would be a single slow wave else.
    frequency = np.maximum(np.arange(len(spectrum)), max(len(spectrum) / 200, 1))
    return np.fft.irfft(spectrum * frequency ** (-slope / 2), num_samples)


def _swell(num_samples: int, sample_rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    levels = rng.normal(0, _SWELL_DB, 2 + int(num_samples / (_SWELL_S * sample_rate_hz)))
    seconds = np.arange(num_samples) / sample_rate_hz
    return 10 ** (np.interp(seconds / _SWELL_S, np.arange(len(levels)), levels) / 20)
