"""The large products with factors in bfloat16, against NumPy; then a layer with them, against float32's."""

import dataclasses

import numpy as np
import pytest

from asr.layers.cells.table import CELLS
from asr.layers.native.bfloat16 import BFLOAT16, is_there
from asr.layers.native.layer import backward, forward, input_gradient
from asr.layers.native.microkernel import padded
from tests.layers.native.layer_program import example, run

if not is_there():
    pytest.skip("this processor has no AVX512-BF16", allow_module_level=True)

RNG = np.random.default_rng(0)
SIZES = [(1, 1, 1), (2, 15, 33), (5, 16, 32), (13, 37, 148), (64, 641, 40), (300, 3, 97)]


def bfloat16(values: np.ndarray) -> np.ndarray:
    """Return float32 values rounded to 8 bits of precision, ties to even, in float64."""
    fraction, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(np.round(fraction * 256) / 256, exponent)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def between_nans(matrix: np.ndarray, width: int) -> np.ndarray:
    """Return a view of equal values whose rows stand in longer ones, with NaN beside them that nothing may read."""
    around = np.full((len(matrix), width), np.nan, np.float32)
    around[:, : matrix.shape[1]] = matrix
    return around[:, : matrix.shape[1]]


def assert_near(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-3) -> None:
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= tolerance * np.linalg.norm(expected)


@pytest.mark.parametrize(("rows", "depth", "width"), SIZES)
def test_the_input_projection_is_a_product_of_rounded_factors(rows, depth, width):
    x, kernel, bias = normal(rows + 3, depth), normal(depth, width), normal(width)
    z = np.full((rows + 1, padded(width) + 5), np.nan, np.float32)
    BFLOAT16.project(np.array([[2, 1, rows]]), x, BFLOAT16.pack(kernel), bias, z)
    assert_near(z[1:, :width], bfloat16(x[2 : 2 + rows]) @ bfloat16(kernel) + bias)
    assert np.isnan(z[0]).all()
    assert np.isnan(z[:, padded(width) :]).all()


@pytest.mark.parametrize(("rows", "width", "features"), SIZES)
def test_the_gradient_of_the_input_is_added_to_what_is_there(rows, width, features):
    dz, kernel, before = normal(rows, width), normal(features, width), normal(rows, padded(features))
    packed, dx = BFLOAT16.pack(np.ascontiguousarray(kernel.T)), before.copy()
    BFLOAT16.project_back(np.array([[0, 0, rows]]), between_nans(dz, width + 7), packed, dx)
    assert_near(dx[:, :features], before[:, :features] + bfloat16(dz) @ bfloat16(kernel).T)


@pytest.mark.parametrize(("rows", "features", "width"), SIZES)
def test_the_gradient_of_a_matrix_is_a_sum_over_the_chosen_rows(rows, features, width):
    left, right = normal(rows + 4, features), normal(rows, padded(width))
    chosen = np.sort(RNG.permutation(rows + 4)[:rows])
    found = BFLOAT16.outer_products(left, chosen, between_nans(right, padded(width) + 9))
    assert_near(found, bfloat16(left[chosen]).T @ bfloat16(right))


def test_a_value_that_is_no_number_stays_one():
    x = normal(3, 5)
    x[1, 4] = np.nan
    z = np.zeros((3, padded(4)), np.float32)
    BFLOAT16.project(np.array([[0, 0, 3]]), x, BFLOAT16.pack(normal(5, 4)), np.zeros(4, np.float32), z)
    np.testing.assert_array_equal(np.isnan(z[:, :4]).all(axis=1), [False, True, False])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_layer_and_its_gradients_are_near_those_in_float32(cell):
    given, native = example(cell), CELLS[cell].native
    assert native is not None
    outputs, last, saved = forward(native, given, BFLOAT16)
    found = backward(native, given, saved, 2 * outputs, 2 * last, BFLOAT16)
    gradients = [getattr(found, field.name) for field in dataclasses.fields(found)]
    every = [outputs, last, input_gradient(given, saved.z, BFLOAT16), *gradients]
    expected = run(given, cell)
    for one, other in zip(every, expected, strict=True):
        assert_near(one, other, 2e-2)
    assert not np.array_equal(outputs, expected[0])
