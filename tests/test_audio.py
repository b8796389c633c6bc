import struct
import sys

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.audio import audio_duration, read_audio, read_channels, resample
from asr.errors import AudioError

RATE = 16_000
# Format, and how much its codec and rounding may change a sample.
FORMATS = {
    "wav": ({}, 1e-4),
    "flac": ({}, 1e-4),
    "aiff": ({}, 1e-4),
    "au": ({}, 1e-4),
    "w64": ({}, 1e-4),
    "rf64": ({"format": "RF64"}, 1e-4),
    "sph": ({"format": "NIST", "subtype": "PCM_16"}, 1e-4),
    "voc": ({}, 1e-4),
    "svx": ({}, 1e-4),
    "avr": ({}, 1e-4),
    "mat": ({"format": "MAT4", "subtype": "PCM_16"}, 1e-4),
    "ogg": ({}, 0.1),
    "opus": ({"format": "OGG", "subtype": "OPUS"}, 0.1),
    "mp3": ({}, 0.1),
}


def tones(seconds=2.0, rate=RATE, num_channels=1):
    """A quiet chord, another in each channel; codecs keep it well."""
    time = np.arange(round(seconds * rate)) / rate
    channels = [sum(0.1 * np.sin(2 * np.pi * hz * (c + 1) * time) for hz in (300, 500)) for c in range(num_channels)]
    return np.stack(channels, axis=1).astype(np.float32)


def written(path, samples, rate=RATE, **options):
    soundfile.write(path, samples, rate, **options)
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_its_samples(suffix, tmp_path):
    options, tolerance = FORMATS[suffix]
    samples = tones()
    path = written(tmp_path / f"a.{suffix}", samples, **options)
    channels, rate = read_channels(path)
    assert rate == RATE
    assert channels.dtype == np.float32
    whole = slice(None) if tolerance < 0.1 else slice(-200)  # Opus fades at the end
    np.testing.assert_allclose(channels[whole], samples[whole], atol=tolerance)
    assert len(channels) == len(samples)
    assert audio_duration(path) == pytest.approx(2.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.998])
@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != "mp3"])
def test_a_file_that_was_cut_off_is_an_error_never_a_shorter_waveform(suffix, share, tmp_path):
    path = written(tmp_path / f"a.{suffix}", tones(10.0), **FORMATS[suffix][0])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AudioError, match=rf"a\.{suffix}: truncated") as caught:
        read_audio(path, sample_rate_hz=RATE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_mp3_that_was_cut_off_is_an_error_though_its_length_is_only_estimated(share, tmp_path):
    path = written(tmp_path / "a.mp3", tones(10.0))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AudioError, match="truncated"):
        read_audio(path, sample_rate_hz=RATE)


def test_a_truncated_real_flac_is_an_error(data, tmp_path):
    content = (data / "an440-mjgm-b.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioError, match=r"cut\.flac: truncated, damaged or not audio"):
        read_audio(tmp_path / "cut.flac", sample_rate_hz=RATE)


def wav_that_promises(num_bytes, path):
    """Write a WAV of two seconds whose header says another length."""
    content = bytearray(written(path, tones()).read_bytes())
    content[40:44] = struct.pack("<I", num_bytes)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFF000, 0x80000000, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_written_to_a_pipe_is_read_though_its_header_promises_gigabytes(size, tmp_path):
    path = wav_that_promises(size, tmp_path / "a.wav")
    assert len(read_audio(path, sample_rate_hz=RATE)) == 2 * RATE


@pytest.mark.parametrize("size", [2_000_000_000, 3_000_000_000])
def test_a_wav_of_gigabytes_that_was_cut_off_is_an_error(size, tmp_path):
    path = wav_that_promises(size, tmp_path / "a.wav")
    with pytest.raises(AudioError, match=r"a\.wav: truncated"):
        read_audio(path, sample_rate_hz=RATE)


def test_a_w64_beyond_32_bits_that_was_cut_off_is_an_error(tmp_path):
    path = written(tmp_path / "a.w64", tones())
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack("<Q", 5_000_000_000)  # of the whole file
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"a\.w64: truncated"):
        read_audio(path, sample_rate_hz=RATE)


def test_samples_that_libsndfile_reads_in_two_parts_are_one_waveform(tmp_path):
    (tmp_path / "a.snd").write_bytes(bytes(range(256)) * 8)  # by its name µ-law of telephones
    assert len(read_channels(tmp_path / "a.snd")[0]) == 2048


def test_a_flac_written_to_a_pipe_is_read_by_pyav_or_says_so(tmp_path, monkeypatch):
    samples = tones()
    path = written(tmp_path / "a.flac", samples)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the count of samples: 36 bits that end at byte 26
    content[22:26] = bytes(4)
    path.write_bytes(content)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AudioError, match="reading this takes PyAV"):
        read_audio(path, sample_rate_hz=RATE)
    monkeypatch.delitem(sys.modules, "av")
    pytest.importorskip("av", reason="needs PyAV, the extra `media`")
    np.testing.assert_allclose(read_channels(path)[0], samples, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.wav", b"", "empty"),
        ("text.wav", b"these are words and no sound\n" * 40, "not audio"),
        ("text.mp3", b"these are words and no sound\n" * 40, "not audio"),
        ("noise.flac", b"fLaC" + bytes(range(256)) * 8, "not audio"),
        ("short.ogg", b"OggS", "not audio"),
        ("samples.raw", bytes(range(256)) * 8, "raw samples .* say it to asr transcribe, as in --raw s16le,16000,1"),
    ],
)
def test_what_is_not_audio_is_one_clear_line(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    for read in (lambda path: read_audio(path, sample_rate_hz=RATE), audio_duration):
        with pytest.raises(AudioError, match=message) as caught:
            read(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(AudioError, match=r"gone\.wav: No such file"):
        read_audio(tmp_path / "gone.wav", sample_rate_hz=RATE)
    with pytest.raises(AudioError, match="Is a directory"):
        audio_duration(tmp_path)


def test_a_file_without_samples_is_an_error(tmp_path):
    path = written(tmp_path / "a.wav", tones(0.0))
    with pytest.raises(AudioError, match="no samples"):
        read_audio(path, sample_rate_hz=RATE)
    with pytest.raises(AudioError, match="no samples"):
        audio_duration(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_finite_are_an_error(bad, tmp_path):
    samples = tones()
    samples[100] = bad
    path = written(tmp_path / "a.wav", samples, subtype="FLOAT")
    with pytest.raises(AudioError, match="NaN or infinite"):
        read_audio(path, sample_rate_hz=RATE)


def test_samples_far_beyond_sound_are_an_error_and_those_of_unscaled_integers_are_not(tmp_path):
    path = written(tmp_path / "a.wav", tones() * 1e30, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"a\.wav: samples up to \d\.?\de\+\d\d, sound lies in -1\.\.1"):
        read_audio(path, sample_rate_hz=RATE)
    written(path, tones() * 32_768, subtype="FLOAT")
    assert np.abs(read_audio(path, sample_rate_hz=RATE)).max() > 1000


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "opus", "ogg"])
def test_a_span_is_the_same_stretch_of_the_whole(suffix, tmp_path):
    path = written(tmp_path / f"a.{suffix}", tones(3.0), **FORMATS[suffix][0])
    whole = read_audio(path, sample_rate_hz=RATE)
    span = read_audio(path, sample_rate_hz=RATE, offset_s=0.5, duration_s=1.25)
    np.testing.assert_allclose(span, whole[8_000:28_000], atol=1e-6)
    rest = read_audio(path, sample_rate_hz=RATE, offset_s=2.0)
    np.testing.assert_allclose(rest, whole[32_000:], atol=1e-6)


def test_a_span_of_a_real_mp3_is_the_same_stretch_of_the_whole(shared_data):
    path = next((shared_data / "LibriSpeech").rglob("*.mp3"))
    whole = read_audio(path, sample_rate_hz=RATE)
    for start in (3, 777, 40_000):
        span = read_audio(path, sample_rate_hz=RATE, offset_s=start / RATE, duration_s=0.5)
        np.testing.assert_allclose(span, whole[start : start + 8_000], atol=1e-6)


def test_a_span_outside_the_file_is_an_error(tmp_path):
    path = written(tmp_path / "a.wav", tones(1.0))
    with pytest.raises(AudioError, match=r"starts at 1.5 s and the file ends at 1 s"):
        read_audio(path, sample_rate_hz=RATE, offset_s=1.5)
    with pytest.raises(AudioError, match=r"ends at 1.5 s and the file at 1 s"):
        read_audio(path, sample_rate_hz=RATE, offset_s=0.5, duration_s=1.0)


def test_a_duration_that_was_rounded_up_is_no_error(tmp_path):
    path = written(tmp_path / "a.wav", tones(1.234))
    assert len(read_audio(path, sample_rate_hz=RATE, duration_s=1.3)) == round(1.234 * RATE)


def test_channels_are_mixed_or_chosen(tmp_path):
    samples = tones(num_channels=3)
    path = written(tmp_path / "a.wav", samples)
    np.testing.assert_allclose(read_audio(path, sample_rate_hz=RATE), samples.mean(axis=1), atol=1e-4)
    for channel in range(3):
        chosen = read_audio(path, sample_rate_hz=RATE, channel=channel)
        np.testing.assert_allclose(chosen, samples[:, channel], atol=1e-4)
    for channel in (3, -1):
        with pytest.raises(AudioError, match=f"no channel {channel}: the file has 3"):
            read_audio(path, sample_rate_hz=RATE, channel=channel)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_other_rates_are_resampled(rate, tmp_path):
    path = written(tmp_path / "a.wav", tones(2.0, rate), rate)
    waveform = read_audio(path, sample_rate_hz=RATE)
    assert len(waveform) == pytest.approx(2 * RATE, abs=2)
    middle = slice(4_000, 28_000)  # the ends of a filter's output differ
    np.testing.assert_allclose(waveform[middle], tones()[middle, 0], atol=2e-3)


@settings(deadline=None)
@given(
    num_samples=st.integers(1, 5_000),
    rates=st.tuples(st.sampled_from([8_000, 16_000, 44_100]), st.sampled_from([8_000, 16_000, 48_000])),
)
def test_resampling_scales_the_length_with_the_rate(num_samples, rates):
    waveform = np.zeros(num_samples, np.float32)
    assert abs(len(resample(waveform, *rates)) - num_samples * rates[1] / rates[0]) <= 2


def test_real_recordings_of_all_containers_are_read(data):
    for name, seconds in (("an440-mjgm-b.flac", 0.8), ("an443-mmxg-b.wav", 0.7)):
        waveform = read_audio(data / name, sample_rate_hz=RATE)
        assert len(waveform) == seconds * RATE == audio_duration(data / name) * RATE
        assert 0.01 < np.abs(waveform).max() <= 1


def test_lossy_real_recordings_are_whole(shared_data):
    for suffix in ("mp3", "opus"):
        path = next((shared_data / "LibriSpeech").rglob(f"*.{suffix}"))
        waveform = read_audio(path, sample_rate_hz=RATE)
        assert len(waveform) / RATE == pytest.approx(audio_duration(path), abs=0.1)
