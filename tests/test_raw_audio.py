import numpy as np
import pytest
import soundfile

from asr.audio import num_channels, read_channels
from asr.errors import AudioError, ConfigError
from asr.raw_audio import parse_raw_format

SAMPLES = np.array([[0.5, -0.5], [0.25, 0.0], [-1.0, 0.75]])
ENCODINGS = {
    "u8": ((SAMPLES * 128 + 128).clip(0, 255).astype("u1"), 1 / 128),
    "s8": ((SAMPLES * 128).clip(-128, 127).astype("i1"), 1 / 128),
    "s16le": ((SAMPLES * 32768).clip(-32768, 32767).astype("<i2"), 1e-4),
    "s16be": ((SAMPLES * 32768).clip(-32768, 32767).astype(">i2"), 1e-4),
    "s32le": ((SAMPLES * 2**31).clip(-(2**31), 2**31 - 1).astype("<i4"), 1e-6),
    "f32le": (SAMPLES.astype("<f4"), 0),
    "f64be": (SAMPLES.astype(">f8"), 0),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_samples_without_a_header_are_read_as_the_caller_says(name, tmp_path):
    values, tolerance = ENCODINGS[name]
    path = tmp_path / "a.raw"
    path.write_bytes(values.tobytes())
    raw = parse_raw_format(f"{name},8000,2")
    channels, rate = read_channels(path, raw=raw)
    assert rate == 8_000 and num_channels(path, raw) == 2
    np.testing.assert_allclose(channels, SAMPLES, atol=tolerance)


@pytest.mark.parametrize("encoding", ["mulaw", "alaw", "s24le"])
def test_the_encodings_of_telephones_and_of_three_bytes_are_libsndfiles(encoding, tmp_path):
    raw = parse_raw_format(f"{encoding},8000,1")
    soundfile.write(tmp_path / "a.raw", SAMPLES[:, :1], 8_000, format="RAW", subtype=raw.subtype, endian="LITTLE")
    channels, _ = read_channels(tmp_path / "a.raw", raw=raw)
    np.testing.assert_allclose(channels, SAMPLES[:, :1], atol=0.03)


def test_half_a_sample_is_an_error(tmp_path):
    (tmp_path / "a.raw").write_bytes(bytes(7))
    with pytest.raises(AudioError, match=r"a\.raw: 7 bytes are no whole number of samples of 4 bytes"):
        read_channels(tmp_path / "a.raw", raw=parse_raw_format("s16le,16000,2"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s16,16000,1", "'s16' is no encoding: choose from u8, s8, s16le"),
        ("u8le,16000,1", "'u8le' is no encoding"),
        ("", "'' is no encoding"),
        ("s16le", r"write encoding, samples a second \(1000 to 1000000\), channels"),
        ("s16le,16,1", "write encoding"),  # no sound has so few: kilohertz were meant
        ("s16le,0,1", "write encoding"),
        ("s16le,16000,0", "write encoding"),
        ("s16le,16000,1,2", "write encoding"),
        ("s16le,9999999999,1", "write encoding"),
    ],
)
def test_a_format_that_is_none_says_how_to_write_one(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_raw_format(text)
