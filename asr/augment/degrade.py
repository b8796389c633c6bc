"""A copy of an utterance as it may be recorded elsewhere: in a room, over noise, through a codec, in this order."""

import hashlib

import numpy as np

from asr.audio import Waveform
from asr.augment.codec import random_codec
from asr.augment.noise import add_noise
from asr.augment.room import play_in_room
from asr.config import DegradeConfig


def degrade(waveform: Waveform, config: DegradeConfig, sample_rate_hz: int, identity: str) -> Waveform:
    """Return the waveform [N'] as it sounds after a room, noise and a codec, each as often as the config says.

    Some codecs make N' a few hundredths of a second longer than N.

    Args:
        waveform: [N] float32.
        config: how often each of the three happens.
        sample_rate_hz: of the waveform.
        identity: id of the copy, which alone decides all that is drawn: any part of a corpus, made again anywhere,
            sounds the same.
    """
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8]))
    in_room, noisy, coded = rng.random(3) < (config.room, config.noise, config.codec)
    if in_room:
        waveform = play_in_room(waveform, sample_rate_hz, rng)
    if noisy:
        waveform = add_noise(waveform, rng.uniform(*config.noise_snr_db), sample_rate_hz, rng)
    if coded:
        waveform = random_codec(waveform, sample_rate_hz, rng)
    return waveform
