import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.config import Config
from asr.transcribe.windows import Windows, WindowSizes, window_statistics

CONFIG = Config.model_validate({"features": {"num_mels": 2}, "model": {"conv": [{"stride": [4, 2]}]}})


def windows_of(frames, sizes, portions):
    windows = Windows(sizes, CONFIG)
    found = [window for part in np.split(frames, portions) for window in windows.feed(part)]
    return [*found, *windows.end()]


@given(
    num_frames=st.integers(1, 400),
    cuts=st.lists(st.integers(0, 400), max_size=6).map(sorted),
    seeks_quiet=st.booleans(),
)
def test_every_frame_is_in_the_middle_of_one_window_with_its_context(num_frames, cuts, seeks_quiet):
    frames = np.random.default_rng(num_frames).normal(size=(num_frames, 2)).astype(np.float32)
    sizes = WindowSizes(middle=60, before=20, after=24, seeks_quiet=seeks_quiet)
    found = windows_of(frames, sizes, cuts)
    middles = [window.frames[window.first : window.first + window.count] for window in found]
    np.testing.assert_array_equal(np.concatenate(middles), frames)
    start = 0
    for window in found:
        np.testing.assert_array_equal(window.frames, frames[start - window.first :][: len(window.frames)])
        assert window.first == min(20, start) and start % 4 == 0
        assert window.count <= 84 and (window.count + 24 <= len(window.frames) - window.first or window is found[-1])
        start += window.count


def test_seams_lie_where_it_is_quiet():
    frames = np.ones((400, 2), np.float32)
    frames[70:100] = -8.0
    first, *_ = windows_of(frames, WindowSizes(120, 40, 40), [])
    assert 72 <= first.count <= 96


def test_sizes_in_seconds_become_whole_strides():
    assert WindowSizes.for_files(CONFIG) == WindowSizes(6000, 300, 300)
    assert WindowSizes.for_streams(CONFIG) == WindowSizes(48, 800, 100, seeks_quiet=False)


def test_neither_digital_silence_nor_long_pauses_count_for_the_mean():
    rng = np.random.default_rng(0)
    speech = rng.normal(-2.0, 1.5, size=(300, 2)).astype(np.float32)
    pause, nothing = np.full((200, 2), -9.0, np.float32), np.full((500, 2), np.log(1e-10), np.float32)
    _, alone = window_statistics(speech, CONFIG.features)
    raised, among = window_statistics(np.concatenate([speech, pause, nothing]), CONFIG.features)
    assert among.count == pytest.approx(alone.count + 25, abs=30)
    assert among.mean == pytest.approx(alone.mean, abs=1.0)
    assert raised.min() == pytest.approx((among.mean - 4 * among.std).min())
    np.testing.assert_array_equal(raised[:300], speech)


def test_a_window_of_digital_silence_stays_silent():
    nothing = np.full((50, 2), np.log(1e-10), np.float32)
    raised, statistics = window_statistics(nothing, CONFIG.features)
    np.testing.assert_allclose((raised - statistics.mean) / statistics.std, -4.0, rtol=1e-5)
