"""Sound that libsndfile does not know; the files are made here by PyAV."""

import sys

import numpy as np
import pytest

from asr.audio import audio_duration, num_channels, read_audio, read_channels
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
}


def chord(seconds: float, num_channels: int) -> np.ndarray:
    """A tone in each channel, the second an octave higher: [C, N]."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.2 * np.sin(2 * np.pi * 440 * (c + 1) * time) for c in range(num_channels)]).astype(np.float32)


def encoded(path, seconds=1.0, num_channels=2, name=None, **options):
    """Write a file in the container that its name says, or ``name``, and return its path."""
    container_format, codec, with_picture = CONTAINERS[name or path.name]
    with av.open(str(path), "w", format=container_format, options=options) as container:
        layout = "stereo" if num_channels == 2 else "mono"
        stream = container.add_stream(codec, rate=RATE, layout=layout)
        if with_picture:
            _add_picture(container)
        frame = av.AudioFrame.from_ndarray(chord(seconds, num_channels), format="fltp", layout=layout)
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=RATE)
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
