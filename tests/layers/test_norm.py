import numpy as np

from asr.layers.norm import BatchNorm

RNG = np.random.default_rng(0)
LENGTHS = np.array([6, 2, 0])
X = RNG.normal(3, 2, size=(3, 6, 4)).astype("float32")
TRUE = np.arange(6)[None] < LENGTHS[:, None]


def test_true_frames_of_the_batch_get_mean_zero_and_variance_one():
    found = np.asarray(BatchNorm(epsilon=1e-6)(X, LENGTHS, training=True))
    np.testing.assert_allclose(found[TRUE].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found[TRUE].std(axis=0), 1, atol=1e-4)
    assert not found[~TRUE].any()


def test_statistics_of_images_are_over_time_and_frequency():
    x = RNG.normal(size=(2, 5, 3, 2)).astype("float32")
    found = np.asarray(BatchNorm(epsilon=1e-6)(x, np.array([5, 3]), training=True))
    true = np.concatenate([found[0, :5].reshape(-1, 2), found[1, :3].reshape(-1, 2)])
    np.testing.assert_allclose(true.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(true.std(axis=0), 1, atol=1e-4)


def test_padding_does_not_change_what_is_remembered():
    norms = BatchNorm(momentum=0.0), BatchNorm(momentum=0.0)
    norms[0](X, LENGTHS, training=True)
    norms[1](np.where(TRUE[..., None], X, 99).astype("float32"), LENGTHS, training=True)
    np.testing.assert_allclose(norms[0].moving_mean, X[TRUE].mean(axis=0), rtol=1e-5)
    for first, second in zip(norms[0].weights, norms[1].weights, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-6)


def test_inference_uses_what_is_remembered_and_changes_nothing():
    norm = BatchNorm(momentum=0.5)
    norm(X, LENGTHS, training=True)
    before = norm.get_weights()
    alone, among = norm(X[1:2, :2], LENGTHS[1:2]), norm(X, LENGTHS)
    np.testing.assert_allclose(alone[0], among[1, :2], rtol=1e-6)
    for first, second in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
