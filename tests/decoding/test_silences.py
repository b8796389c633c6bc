import numpy as np
import pytest

from asr.audio import Waveform
from asr.config import Config
from asr.decoding.align import Alignment
from asr.decoding.silences import loudness, silences
from asr.decoding.word_times import word_times
from asr.features import compute_features
from asr.tokens import WordLabels
from asr.transcribe.clock import frame_clock

RATE_HZ = 16_000
NOISE, BREATH, SPEECH = 0.001, 0.002, 0.1  # amplitudes


def config_of(**features) -> Config:
    return Config.model_validate({"features": features, "model": {"conv": []}})


def sound_of(*parts: tuple[float, float]) -> Waveform:
    """Return noise of so many seconds at such an amplitude each."""
    rng = np.random.default_rng(0)
    waveforms = [rng.normal(size=round(seconds * RATE_HZ)) * amplitude for seconds, amplitude in parts]
    return np.concatenate(waveforms).astype(np.float32)


def seconds_of_silences(waveform: Waveform, config: Config) -> list[tuple[float, float]]:
    clock = frame_clock(config, duration=len(waveform) / RATE_HZ)
    found = silences(compute_features(waveform, config.features), config)
    return [(clock.seconds(start), clock.seconds(end)) for start, end in found.tolist()]


CONFIGS = [config_of(), config_of(kind="mfcc", num_mfcc=13, deltas=1), config_of(deltas=2, hop_s=0.005), Config()]


@pytest.mark.parametrize("config", CONFIGS)
def test_silences_are_found_to_a_frame_whatever_the_features(config):
    waveform = sound_of((0.5, NOISE), (0.6, SPEECH), (0.3, NOISE), (0.7, SPEECH), (0.4, NOISE))
    first, pause, last = seconds_of_silences(waveform, config)
    assert [first[1], *pause, last[0]] == pytest.approx([0.5, 1.1, 1.4, 2.1], abs=0.0151)
    assert first[0] < 0.03 and last[1] > 2.47


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ([(1.0, SPEECH)], 0),
        ([(0.5, SPEECH), (0.06, NOISE), (0.5, SPEECH), (0.3, NOISE)], 1),  # the closure of a stop
        ([(0.5, SPEECH), (0.2, NOISE), (0.2, BREATH), (0.2, NOISE), (0.5, SPEECH)], 1),  # a quiet breath
        ([(0.5, SPEECH), (0.2, NOISE), (0.1, SPEECH), (0.2, NOISE), (0.5, SPEECH)], 2),  # a loud one
        ([(9.0, NOISE), (1.0, SPEECH)], 1),  # more noise than speech
        ([(0.4, 0.0), (0.6, SPEECH), (0.4, 0.0)], 2),
    ],
)
def test_only_what_is_quiet_for_long_enough_is_silent(parts, count):
    assert len(seconds_of_silences(sound_of(*parts), config_of())) == count


def test_loudness_of_mfccs_is_that_of_mel_bands():
    waveform = sound_of((0.2, SPEECH), (0.2, NOISE))
    found = [
        loudness(compute_features(waveform, config.features), config.features)
        for config in (config_of(), config_of(kind="mfcc"))
    ]
    np.testing.assert_allclose(*found, rtol=1e-4)


def test_nothing_has_no_silences():
    assert silences(np.zeros((0, 80)), Config()).shape == (0, 2)


def test_words_are_where_they_sound_however_their_labels_lie():
    """Labels of frames of 10 ms stand anywhere in words of known times: the median error is that of the frames."""
    rng = np.random.default_rng(1)
    config = config_of()
    parts, spans, labels, time = [(0.3, NOISE)], [], [], 0.3
    for _ in range(20):
        length, pause = rng.uniform(0.2, 0.7), rng.uniform(0.12, 0.5)
        parts += [(length, SPEECH), (pause, NOISE)]
        spans.append((time, time + length))
        labels.append(round((time + rng.uniform(0.1, 0.9) * length) * 100))
        time += length + pause
    frames = compute_features(sound_of(*parts), config.features)
    alignment = Alignment(np.array(labels), np.array(labels) + 1, 0.0, len(frames))
    words = [WordLabels("A", index, index) for index in range(len(labels))]
    clock = frame_clock(config, duration=time)
    found = word_times(words, alignment, clock, silences(frames, config))
    errors = np.abs(np.array([(word.start, word.end) for word in found]) - np.array(spans))
    assert np.median(errors) < 0.015
