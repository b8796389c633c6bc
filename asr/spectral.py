"""Spectra, cepstra and deltas of arrays, in NumPy alone: what inference needs of librosa without its seconds of import.

Each function computes what librosa's of the same name does, from the filters and the window that it is given; tests
hold the two together. Which of them make the features of a model is the business of `asr.features`.
"""

import math

import numpy as np

_FRAMES_AT_ONCE = 2_048  # some 4 MB of windowed samples, however long the recording


def log_mel(waveform: np.ndarray, mel: np.ndarray, window: np.ndarray, hop: int, floor: float) -> np.ndarray:
    """Return the logarithms [T, M] of mel energies; frame t covers samples ``t * hop`` to ``t * hop + len(window)``.

    Args:
        waveform: [N] float32 with N >= len(window).
        mel: [M, len(window) // 2 + 1] float32 filters.
        window: [n] float32.
        hop: samples from one frame to the next.
        floor: smallest energy that counts.
    """
    samples = np.ascontiguousarray(waveform, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(window))[::hop]
    found = np.empty((len(frames), len(mel)), np.float32)
    for start in range(0, len(frames), _FRAMES_AT_ONCE):
        block = slice(start, start + _FRAMES_AT_ONCE)
        spectrum = np.fft.rfft(frames[block] * window)
        found[block] = (spectrum.real**2 + spectrum.imag**2) @ mel.T
    return np.log(np.maximum(found, floor, out=found), out=found)


def cepstrum(log_energies: np.ndarray, num_coefficients: int) -> np.ndarray:
    """Return the first coefficients [T, C] of the orthonormal cosine transform (DCT-II) of [T, M]."""
    num_bands = log_energies.shape[1]
    angles = np.outer(np.arange(num_bands) + 0.5, np.arange(num_coefficients)) * (math.pi / num_bands)
    basis = np.cos(angles) * math.sqrt(2.0 / num_bands)
    basis[:, 0] = math.sqrt(1.0 / num_bands)
    return (log_energies @ basis).astype(np.float32)


def delta(frames: np.ndarray, order: int, width: int) -> np.ndarray:
    """Return the derivative over time [T, F] of the polynomial of degree ``order`` fitted around each frame.

    Source: Savitzky & Golay, Analytical Chemistry 36(8), 1964. The first and last ``width // 2`` frames have the
    derivative of the polynomial through the frames at that end. An utterance shorter than ``width`` is continued with
    its last frame.

    Args:
        frames: [T, F].
        order: of the derivative, 1 or 2.
        width: frames that a polynomial is fitted to, odd.
    """
    half = width // 2
    padded = np.pad(frames, ((0, max(0, width - len(frames))), (0, 0)), mode="edge")
    powers = np.vander(np.arange(-half, half + 1), order + 1, increasing=True)
    weights = np.linalg.pinv(powers)[order] * math.factorial(order)  # of a derivative that is constant in the window
    inner = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0) @ weights
    whole = np.pad(inner, ((half, half), (0, 0)), mode="edge")
    return whole[: len(frames)].astype(np.float32)
