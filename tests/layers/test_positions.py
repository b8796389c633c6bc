import numpy as np

from asr.layers.positions import rotated, sinusoids

RNG = np.random.default_rng(0)


def test_sinusoids_are_those_of_the_formula():
    found = np.asarray(sinusoids(num_frames=5, features=6))
    for t in range(5):
        for k in range(3):
            angle = t / 10_000 ** (k / 3)
            np.testing.assert_allclose(found[t, [k, 3 + k]], [np.sin(angle), np.cos(angle)], atol=1e-6)


def test_products_of_rotated_vectors_depend_on_how_far_they_are_apart_alone():
    query, key = RNG.normal(size=(2, 8)).astype("float32")
    turned_query, turned_key = (np.asarray(rotated(np.tile(one, (30, 1)))) for one in (query, key))
    products = turned_query @ turned_key.T  # [T, T] of frames t and s
    for distance in (-7, 0, 3):
        diagonal = np.diagonal(products, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(products[4, 4], query @ key, rtol=1e-5)
    assert abs(products[0, 3] - products[3, 0]) > 1e-3  # before is not after
