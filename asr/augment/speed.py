"""Speed copies of a waveform, as in Ko et al., "Audio Augmentation for Speech Recognition" (Interspeech 2015)."""

from asr.audio import Waveform, resample


def speed_perturb(waveform: Waveform, speed: float, sample_rate_hz: int) -> Waveform:
    """Return the waveform played ``speed`` times as fast: tempo and pitch change together, as in Kaldi and sox.

    Returns:
        [N / speed] float32 at the same rate, to the nearest sample or two.
    """
    return resample(waveform, speed * sample_rate_hz, sample_rate_hz)
