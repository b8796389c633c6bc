import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from asr.manifest import Utterance
from data_prep.measure import loudest_db, measure


def utterance(path, **options):
    return Utterance("u", path, options.pop("duration", 0.5), "YES", **options)


def test_a_recording_is_described_by_its_own_rate_channels_and_length(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((4000, 2), 0.1, dtype=np.float32), 8000)
    found = measure(utterance(path))
    assert (found.sample_rate_hz, found.num_channels, found.duration_s, found.file_duration_s) == (8000, 2, 0.5, 0.5)
    assert found.loudest_db == pytest.approx(-20.0, abs=0.1)
    assert found.clipped_share == 0.0


def test_a_span_and_a_channel_are_looked_at_alone(tmp_path):
    path = tmp_path / "a.wav"
    samples = np.zeros((16_000, 2), dtype=np.float32)
    samples[8000:, 1] = 1.0
    soundfile.write(path, samples, 16_000)
    assert measure(utterance(path, channel=1, offset=0.5)).clipped_share == 1.0
    assert measure(utterance(path, channel=1)).clipped_share == 0.0
    assert measure(utterance(path, channel=0, offset=0.5)).clipped_share == 0.0


def test_a_duration_that_the_manifest_does_not_know_is_the_rest_of_the_file(tmp_path, write_tone):
    path = write_tone(tmp_path / "a.wav", seconds=0.5)
    assert measure(utterance(path, duration=0.0, offset=0.2)).duration_s == pytest.approx(0.3)


def test_equal_samples_have_equal_fingerprints_whatever_the_format(tmp_path, write_tone):
    wav, flac = write_tone(tmp_path / "a.wav"), write_tone(tmp_path / "b.flac")
    other = write_tone(tmp_path / "c.wav", hz=441.0)
    prints = [measure(utterance(path)).fingerprint for path in (wav, flac, other)]
    assert prints[0] == prints[1] != prints[2]


def test_what_cannot_be_read_is_told_in_words(tmp_path, write_tone):
    assert "No such file" in measure(utterance(tmp_path / "no.wav"))
    assert "the span ends at 3 s" in measure(utterance(write_tone(tmp_path / "a.wav"), duration=3.0))
    assert "no channel 4" in measure(utterance(tmp_path / "a.wav", channel=4))


@given(st.floats(1e-6, 1.0), st.integers(1, 2000))
def test_the_level_of_a_constant_is_its_square(value, num_samples):
    level = loudest_db(np.full(num_samples, value), 16_000)
    assert level == pytest.approx(20 * np.log10(value), abs=0.06)  # rounded to a tenth


def test_zeros_have_no_level():
    assert loudest_db(np.zeros(1000), 16_000) == float("-inf")
