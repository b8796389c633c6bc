import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.augment.masks import spec_augment
from asr.config import AugmentConfig, FeatureConfig

FEATURES = FeatureConfig()


configs = st.builds(
    AugmentConfig,
    frequency_masks=st.integers(0, 3),
    frequency_mask_max=st.integers(1, 100),
    time_masks_per_second=st.floats(0, 10),
    time_mask_max_s=st.floats(0.01, 2),
    time_mask_max_share=st.floats(0, 1),
)


@given(config=configs, num_frames=st.integers(1, 400), seed=st.integers(0, 2**32 - 1))
def test_masks_cover_no_more_than_their_share_and_change_nothing_else(config, num_frames, seed):
    frames = np.ones((num_frames, 80), np.float32)
    masked = spec_augment(frames, config, FEATURES, np.random.default_rng(seed))
    assert masked.shape == frames.shape
    assert set(np.unique(masked)) <= {0.0, 1.0}
    stretches, bands = (masked == 0).all(axis=1), (masked == 0).all(axis=0)
    if not bands.all() and not stretches.all():  # else each hides the other
        assert stretches.sum() <= config.time_mask_max_share * num_frames
        assert bands.sum() <= config.frequency_masks * config.frequency_mask_max
        np.testing.assert_array_equal(masked == 0, stretches[:, None] | bands)


@given(config=configs, seed=st.integers(0, 2**32 - 1))
def test_masks_are_decided_by_the_generator_alone_and_the_input_is_left_as_it_was(config, seed):
    frames = np.random.default_rng(1).standard_normal((150, 80)).astype(np.float32)
    before = frames.copy()
    first, second = (spec_augment(frames, config, FEATURES, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(frames, before)


def test_another_seed_gives_other_masks():
    frames = np.ones((300, 80), np.float32)
    masks = {spec_augment(frames, AugmentConfig(), FEATURES, np.random.default_rng(s)).tobytes() for s in range(20)}
    assert len(masks) == 20


def test_longer_utterances_get_more_time_masks():
    config = AugmentConfig(frequency_masks=0, time_masks_per_second=2.0, time_mask_max_share=1.0)

    def masked_frames(num_frames):
        frames = np.ones((num_frames, 80), np.float32)
        copies = [spec_augment(frames, config, FEATURES, np.random.default_rng(seed)) for seed in range(50)]
        return np.mean([(copy == 0).all(axis=1).sum() for copy in copies])

    assert masked_frames(1_000) > 5 * masked_frames(100)


def test_no_masks_when_none_are_asked_for():
    frames = np.random.default_rng(0).standard_normal((100, 80)).astype(np.float32)
    config = AugmentConfig(frequency_masks=0, time_masks_per_second=0.0)
    np.testing.assert_array_equal(spec_augment(frames, config, FEATURES, np.random.default_rng(0)), frames)
