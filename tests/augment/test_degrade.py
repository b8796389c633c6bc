import numpy as np
import pytest

from asr.audio import read_audio
from asr.augment import degrade
from asr.augment.codec import code, random_codec, telephone
from asr.augment.noise import add_noise
from asr.augment.room import play_in_room
from asr.config import DegradeConfig, parse_config
from asr.errors import ConfigError

RATE = 16_000
ALL = DegradeConfig(room=1.0, noise=1.0, codec=1.0)


@pytest.fixture(scope="module")
def speech(data):
    return read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=RATE)


def power_db(waveform):
    return 10 * np.log10(np.mean(np.square(waveform, dtype=np.float64)))


def similarity(first, second):
    """Largest correlation of two waveforms over all shifts, 1 for equal ones."""
    size = len(first) + len(second)
    product = np.fft.irfft(np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size)), size)
    return np.max(product) / np.sqrt(np.sum(first**2) * np.sum(second**2))


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 30.0])
def test_noise_has_the_power_that_was_asked_for(speech, snr_db):
    noise = add_noise(speech, snr_db, RATE, np.random.default_rng(0)) - speech
    assert power_db(speech) - power_db(noise) == pytest.approx(snr_db, abs=0.01)


def test_silence_stays_silent_and_short_sound_short():
    rng = np.random.default_rng(0)
    for silence in (np.zeros(800, np.float32), np.zeros(1, np.float32)):
        np.testing.assert_array_equal(add_noise(silence, 10.0, RATE, rng), silence)
        np.testing.assert_array_equal(play_in_room(silence, RATE, rng), silence)


def test_noises_have_different_colours(speech):
    def low_share(seed):
        noise = add_noise(speech, 0.0, RATE, np.random.default_rng(seed)) - speech
        spectrum = np.abs(np.fft.rfft(noise)) ** 2
        return spectrum[: len(spectrum) // 8].sum() / spectrum.sum()

    shares = [low_share(seed) for seed in range(20)]
    assert min(shares) < 0.4 and max(shares) > 0.8


def test_a_room_adds_echoes_behind_the_direct_sound():
    click = np.zeros(RATE, np.float32)
    click[100] = 1.0
    heard = play_in_room(click, RATE, np.random.default_rng(0))
    assert np.abs(heard[:100]).max() < 1e-6 and heard[100] == pytest.approx(1, abs=1e-5)
    early, late = power_db(heard[200:1_000]), power_db(heard[4_000:4_800])
    assert early > -60 and late < early


@pytest.mark.parametrize(
    "coded",
    [("MP3", "MPEG_LAYER_III", 0.9), ("OGG", "OPUS", 0.96), ("OGG", "VORBIS", 0.9)],
)
def test_a_codec_changes_speech_and_keeps_what_is_said(speech, coded):
    for loudness in (1.0, 3.0):  # the second is beyond what files with whole numbers hold
        decoded = code(loudness * speech, *coded, RATE)
        assert decoded.dtype == np.float32
        assert 0 <= len(decoded) - len(speech) <= 3_000
        assert 0.7 < similarity(decoded, speech) < 0.9999
        assert power_db(decoded) == pytest.approx(power_db(loudness * speech), abs=1.5)


def test_a_telephone_carries_nothing_above_four_kilohertz(speech):
    spectrum = np.abs(np.fft.rfft(telephone(speech, RATE))) ** 2
    assert spectrum[int(len(spectrum) * 0.52) :].sum() < 1e-4 * spectrum.sum()


def test_every_codec_is_drawn(speech):
    short = speech[:1_600]
    heard = {random_codec(short, RATE, np.random.default_rng(seed)).tobytes() for seed in range(60)}
    assert len(heard) == 7


def test_the_id_alone_decides_how_a_copy_sounds(speech):
    before = speech.copy()
    first, second, other = (degrade(speech, ALL, RATE, identity) for identity in ("a-sp0.9", "a-sp0.9", "b"))
    np.testing.assert_array_equal(first, second)
    assert first.shape != other.shape or np.any(first != other)
    np.testing.assert_array_equal(speech, before)


def test_each_thing_happens_as_often_as_asked():
    waveform = np.random.default_rng(0).standard_normal(400).astype(np.float32)
    config = DegradeConfig(noise=0.3)
    changed = sum(np.any(degrade(waveform, config, RATE, str(number)) != waveform) for number in range(500))
    assert changed / 500 == pytest.approx(0.3, abs=0.06)
    np.testing.assert_array_equal(degrade(waveform, DegradeConfig(), RATE, "a"), waveform)


def test_a_range_the_wrong_way_round_is_named():
    with pytest.raises(ConfigError, match="the least comes first"):
        parse_config({"augment": {"degrade": {"noise_snr_db": [30.0, 5.0]}}}, "c.toml")
