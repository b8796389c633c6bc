import numpy as np

from asr.layers.lookahead import LookAhead

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 3)).astype("float32")
LENGTHS = np.array([6, 4])


def test_each_feature_is_the_weighted_sum_of_its_next_frames():
    layer = LookAhead(2)
    found = np.asarray(layer(X, LENGTHS))
    kernel = np.asarray(layer.kernel)
    for row, length in enumerate(LENGTHS):
        for t in range(length):
            seen = X[row, t : min(t + 3, length)]
            np.testing.assert_allclose(found[row, t], (seen * kernel[: len(seen)]).sum(axis=0), atol=1e-6)


def test_a_new_layer_mostly_passes_on_what_it_gets():
    kernel = LookAhead(9)
    kernel(X, LENGTHS)
    weights = np.asarray(kernel.kernel)
    assert np.abs(weights[0] - 1).max() <= 0.1
    assert np.abs(weights[1:]).max() <= 0.1


def test_a_layer_made_from_its_config_computes_the_same():
    layer = LookAhead(2)
    layer(X, LENGTHS)
    again = LookAhead.from_config(layer.get_config())
    again(X, LENGTHS)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(X, LENGTHS), again(X, LENGTHS))
