import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.config import FeatureConfig
from asr.errors import UtteranceError
from asr.features import front_end
from asr.frame_stream import FrameStream

CONFIGS = {
    "log mel": FeatureConfig(num_mels=20),
    "mfcc with deltas": FeatureConfig(num_mels=20, kind="mfcc", num_mfcc=13, deltas=2),
}


def in_portions(stream, waveform, sizes):
    starts = np.cumsum([0, *sizes])
    portions = [waveform[start : start + size] for start, size in zip(starts, sizes, strict=False)]
    return np.concatenate([*(stream.feed(one) for one in [*portions, waveform[starts[-1] :]]), stream.end()])


@settings(max_examples=15)
@given(
    name=st.sampled_from(list(CONFIGS)),
    num_samples=st.integers(512, 6_000),
    sizes=st.lists(st.integers(0, 2_500), max_size=8),
)
def test_portions_of_any_size_give_the_frames_of_the_whole(name, num_samples, sizes):
    config = front_end(CONFIGS[name])
    waveform = np.random.default_rng(num_samples).uniform(-0.5, 0.5, num_samples).astype(np.float32)
    found = in_portions(FrameStream(config), waveform, sizes)
    np.testing.assert_allclose(found, config.frames(waveform), atol=1e-5)


def test_what_is_shorter_than_a_frame_says_so():
    stream = FrameStream(front_end(CONFIGS["log mel"]))
    assert stream.feed(np.zeros(400, np.float32)).shape == (0, 20)
    with pytest.raises(UtteranceError, match="too short"):
        stream.end()
