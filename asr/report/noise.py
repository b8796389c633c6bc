"""The signal-to-noise ratio of an utterance, estimated from its audio alone.

The noise is what the quietest frames have, the pauses between words; the signal is the mean power less the noise. So it
is the ratio at which speech and steady noise were mixed, if the utterance has pauses; without any, speech is taken for
noise and the ratio comes out too low. Where pauses are digital silence, it says only that there is no noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from asr.audio import read_channels
from asr.errors import AudioError
from asr.report.utterance_facts import UtteranceFacts

_FRAME_S = 0.02
_QUIET_SHARE = 0.1  # of the frames; the mean of these is the noise
_HIGHEST_DB, _LOWEST_DB = 80.0, -20.0


def estimate_snr_db(waveform: np.ndarray, sample_rate_hz: float) -> float | None:
    """Return the ratio in dB, within -20 to 80.

    Args:
        waveform: [N] of one channel.
        sample_rate_hz: of the waveform.

    Returns:
        None where there is less sound than ten frames of 20 ms, or none at all.
    """
    length = max(1, round(_FRAME_S * sample_rate_hz))
    num_frames = len(waveform) // length
    if num_frames < 1 / _QUIET_SHARE:
        return None
    frames = waveform[: num_frames * length].reshape(num_frames, length).astype(np.float64)
    power = np.sort(frames.var(axis=1))
    noise, total = power[: round(_QUIET_SHARE * num_frames)].mean(), power.mean()
    if not total:
        return None
    ratio_db = 10 * np.log10(max(total - noise, 1e-12 * total) / max(noise, 1e-12 * total))
    return float(np.clip(ratio_db, _LOWEST_DB, _HIGHEST_DB))


def with_snr(
    facts: Mapping[str, UtteranceFacts], report_failure: Callable[[str, str], None]
) -> dict[str, UtteranceFacts]:
    """Return the facts with the ratio of each utterance whose audio can be read.

    Args:
        facts: by utterance id.
        report_failure: called with the id and the reason for each utterance without audio.
    """
    measured = {}
    for name, one in facts.items():
        try:
            measured[name] = replace(one, snr_db=_snr_of(one))
        except AudioError as error:
            report_failure(name, str(error))
            measured[name] = one
    return measured


def _snr_of(facts: UtteranceFacts) -> float | None:
    if facts.audio is None:
        raise AudioError("no audio is named: give references with audio_filepath")
    channels, rate = read_channels(facts.audio, offset_s=facts.offset, duration_s=facts.duration)
    if facts.channel is not None and not 0 <= facts.channel < channels.shape[1]:
        raise AudioError(f"{facts.audio}: no channel {facts.channel}: it has {channels.shape[1]}")
    return estimate_snr_db(channels.mean(axis=1) if facts.channel is None else channels[:, facts.channel], rate)
