"""Speech in a room: convolution with a random impulse response whose echoes die away exponentially.

Source: Polack's statistical model of late reverberation (1988), noise under an exponential envelope behind the direct
sound.
"""

import numpy as np

from asr.audio import Waveform

REVERBERATION_S = (0.15, 0.7)  # until the echoes are 60 dB below: a furnished room to a small hall
DIRECT_TO_REVERBERANT_DB = (0.0, 15.0)  # an arm's length to across the room
_ONSET_S = 0.005  # from the direct sound to the first echoes


def play_in_room(waveform: Waveform, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return a waveform [N] with the echoes of a random room, of the same length and direct sound.

    Args:
        waveform: [N] float32.
        sample_rate_hz: of the waveform.
        rng: draws the room's reverberation time, how far away the speaker is, and the echoes.
    """
    response = _impulse_response(
        rng.uniform(*REVERBERATION_S), rng.uniform(*DIRECT_TO_REVERBERANT_DB), sample_rate_hz, rng
    )
    size = len(waveform) + len(response) - 1
    spectrum = np.fft.rfft(waveform, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(waveform)].astype(np.float32)


def _impulse_response(
    reverberation_s: float, direct_db: float, sample_rate_hz: int, rng: np.random.Generator
) -> np.ndarray:
    seconds = np.arange(int(reverberation_s * sample_rate_hz)) / sample_rate_hz
    echoes = rng.standard_normal(len(seconds)) * 10 ** (-3 * seconds / reverberation_s)
    echoes[seconds < _ONSET_S] = 0
    echoes *= np.sqrt(10 ** (-direct_db / 10) / np.sum(np.square(echoes)))
    echoes[0] = 1
    return echoes
