import numpy as np
import pytest

from asr.layers.initializers import GlorotUniform, HeUniform, OrthogonalBlocks, Uniform, set_seed

EXPECTED = [
    0.19566796720027924,
    0.7811521887779236,
    -0.3305457830429077,
]  # of Python's and NumPy's generators, whose streams are fixed


def drawn(initializer, *shape: int) -> np.ndarray:
    return np.asarray(initializer(shape, "float32"))


def test_the_seed_decides_and_each_initializer_draws_its_own():
    set_seed(3)
    first, second = drawn(Uniform(1.0), 5, 4), drawn(Uniform(1.0), 5, 4)
    assert (first != second).all()
    set_seed(3)
    np.testing.assert_array_equal(drawn(Uniform(1.0), 5, 4), first)


def test_a_seed_gives_these_values_under_every_backend_and_numpy():
    set_seed(1)
    np.testing.assert_allclose(drawn(Uniform(1.0), 3), EXPECTED, rtol=1e-6)


@pytest.mark.parametrize(
    ("initializer", "shape", "variance"),
    [
        (Uniform(0.3), (100, 50), 0.09 / 3),
        (GlorotUniform(), (100, 50), 2 / 150),
        (HeUniform(), (3, 5, 20, 40), 2 / 300),
    ],
)
def test_uniform_values_have_their_mean_and_variance(initializer, shape, variance):
    values = drawn(initializer, *shape)
    assert np.abs(values).max() <= np.sqrt(3 * variance)
    # Of 5000 values and more: four standard errors.
    assert abs(values.mean()) < 4 * np.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.06)


def test_each_block_is_orthogonal_and_another():
    values = drawn(OrthogonalBlocks(4), 2, 6, 8)
    square = [values[d, :4, c : c + 4] for d in range(2) for c in (0, 4)]
    flat = [values[d, 4:, c : c + 4] for d in range(2) for c in (0, 4)]
    for block in square:
        np.testing.assert_allclose(block @ block.T, np.eye(4), atol=1e-6)
    for block in flat:
        np.testing.assert_allclose(block @ block.T, np.eye(2), atol=1e-6)
    assert len({block.tobytes() for block in [*square, *flat]}) == 8
