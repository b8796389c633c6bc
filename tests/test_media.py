"""Sound that libsndfile does not know; the files are made here by PyAV."""

import sys

import numpy as np
import pytest

from asr.audio import audio_duration, num_channels, read_audio, read_channels
from asr.audio_blocks import audio_blocks
from asr.errors import AudioError
from asr.signatures import is_sound, read_head

av = pytest.importorskip("av", reason="needs PyAV, the extra `media`")
RATE = 48_000
CONTAINERS = {
    "a.m4a": ("mp4", "aac", False),
    "a.aac": ("adts", "aac", False),
    "a.webm": ("webm", "libopus", False),
    "a.mp4": ("mp4", "aac", True),
    "a.mkv": ("matroska", "aac", True),
    "a.mka": ("matroska", "libmp3lame", False),
    "a.avi": ("avi", "pcm_s16le", False),
}


def chord(seconds: float, num_channels: int, rate: int = RATE) -> np.ndarray:
    """A tone in each channel, the second an octave higher: [C, N]."""
    time = np.arange(round(seconds * rate)) / rate
    return np.stack([0.2 * np.sin(2 * np.pi * 440 * (c + 1) * time) for c in range(num_channels)]).astype(np.float32)


def encoded(path, seconds=1.0, num_channels=2, name=None, rate=RATE, **options):
    """Write a file in the container that its name says, or ``name``, and return its path."""
    container_format, codec, with_picture = CONTAINERS[name or path.name]
    with av.open(str(path), "w", format=container_format, options=options) as container:
        layout = "stereo" if num_channels == 2 else "mono"
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if with_picture:
            _add_picture(container)
        frame = av.AudioFrame.from_ndarray(chord(seconds, num_channels, rate), format="fltp", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(part))
    return path


def _add_picture(container):
    stream = container.add_stream("mpeg4", rate=10)
    stream.width = stream.height = 32
    stream.pix_fmt = "yuv420p"
    for part in (av.VideoFrame(32, 32, "yuv420p"), None):
        container.mux(stream.encode(part))


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_sound_of_a_container_is_read(name, tmp_path):
    path = encoded(tmp_path / name)
    channels, rate = read_channels(path)
    assert rate == RATE and channels.shape[1] == num_channels(path) == 2
    assert len(channels) / rate == pytest.approx(1.0, abs=0.05)  # encoders pad with a frame or two
    assert audio_duration(path) == pytest.approx(1.0, abs=0.1)
    for channel, hertz in ((0, 440), (1, 880)):
        spectrum = np.abs(np.fft.rfft(channels[:, channel]))
        assert spectrum.argmax() * rate / len(channels) == pytest.approx(hertz, abs=5)
    assert len(read_audio(path, sample_rate_hz=16_000, offset_s=0.5, duration_s=0.25)) == 4_000


def test_a_container_is_known_by_its_content_not_by_its_name(tmp_path):
    path = encoded(tmp_path / "talk.wav", name="a.m4a")
    assert is_sound(read_head(path)) and len(read_channels(path)[0]) > 40_000


def test_a_container_that_was_cut_off_is_an_error(tmp_path):
    path = encoded(tmp_path / "a.m4a", seconds=4.0, movflags="faststart")
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.8):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(AudioError, match=r"a\.m4a: truncated"):
            read_channels(path)


def test_a_container_of_which_a_little_was_cut_off_is_an_error_however_long_it_is(tmp_path):
    path = encoded(tmp_path / "a.webm", seconds=40.0)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.98)])
    with pytest.raises(AudioError, match=r"a\.webm: truncated \(39\.\d+ s of sound where the header says 40\."):
        read_channels(path)


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [
        (8_000, 1.01),  # what MP3 adds at the ends is here 0.35 s
        (RATE, 40.0),  # FFmpeg's guess at the length of an AVI is 1 % too long
    ],
)
@pytest.mark.parametrize("name", CONTAINERS)
def test_what_encoders_add_at_the_ends_is_not_missed(name, rate, seconds, tmp_path):
    channels, found = read_channels(encoded(tmp_path / name, seconds, num_channels=1, rate=rate))
    assert len(channels) / found == pytest.approx(seconds, abs=0.3)


def test_of_a_span_of_a_container_nothing_after_it_is_decoded(decoded_lengths, tmp_path):
    path = encoded(tmp_path / "a.mp4", seconds=4.0)
    whole, _ = read_channels(path)
    decoded_lengths.clear()
    span, _ = read_channels(path, offset_s=0.5, duration_s=0.25)
    np.testing.assert_array_equal(span, whole[RATE // 2 : RATE * 3 // 4])
    in_blocks = np.concatenate(list(audio_blocks(path, sample_rate_hz=RATE, offset_s=0.5, duration_s=0.25, channel=0)))
    np.testing.assert_array_equal(in_blocks, span[:, 0])
    assert sum(decoded_lengths) < 2 * RATE  # less than a second, twice


def test_a_span_outside_a_container_is_an_error(tmp_path):
    path = encoded(tmp_path / "a.mp4")
    with pytest.raises(AudioError, match=r"starts at 1\.5 s and the file ends at 1\.\d+ s"):
        read_channels(path, offset_s=1.5, duration_s=0.1)
    with pytest.raises(AudioError, match=r"ends at 1\.5 s and the file at 1\.\d+ s"):
        read_channels(path, offset_s=0.5, duration_s=1.0)


def test_a_video_without_sound_says_so(tmp_path):
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        _add_picture(container)
    with pytest.raises(AudioError, match=r"still\.mp4: has no sound"):
        read_channels(path)


def test_without_pyav_the_message_says_what_to_install(tmp_path, monkeypatch):
    path = encoded(tmp_path / "a.m4a")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AudioError, match=r"a\.m4a: .* install keras-asr\[media\], or convert"):
        read_channels(path)
