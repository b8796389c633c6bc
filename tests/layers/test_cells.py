"""Every cell against its published equations, and through one harness, in each form that a machine may run it in."""

import functools
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from asr.layers import recurrent
from asr.layers.cells.table import CELLS
from asr.layers.recurrent import Recurrent
from tests.backend import value_and_gradients
from tests.reference_cells import CELLS_BY_DEFINITION, CellWeights, gradients_by_definition, layer_by_definition

JAX = keras.backend.backend() == "jax"
FORMS: dict[str, Callable] = {"in steps": recurrent._in_steps} | ({} if JAX else {"compiled": recurrent._compiled})
CASES = [(cell, form) for cell in CELLS for form in FORMS if form == "in steps" or CELLS[cell].native]
SIZE, FRAMES, FEATURES, UNITS = 4, 4, 2, 3
LENGTHS = np.array([4, 0, 2, 1])


def made(cell: str, *, units: int = UNITS, features: int = FEATURES, seed: int = 0, **settings) -> Recurrent:
    """Return a layer whose every weight matters."""
    layer = Recurrent(units, cell=cell, **settings)
    layer.build((None, None, features))
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_variables:
        start = np.asarray(weight) if weight.name in ("bias", "vectors") else 0.0  # matrices start from random values
        weight.assign(start + 0.5 * rng.normal(size=weight.shape))
    return layer


def inputs(layer: Recurrent, features: int = FEATURES, size: int = SIZE, frames: int = FRAMES) -> list[np.ndarray]:
    """Return x, dropout's factors and initial states."""
    rng = np.random.default_rng(1)
    shapes = [(layer.directions, size, width) for width in layer.state_sizes]
    factors = 2.0 * (rng.random(shapes[0]) < 0.5)
    return [rng.normal(size=(size, frames, features)), factors, *(rng.normal(size=shape) for shape in shapes)]


def arrays_of(layer: Recurrent) -> list[np.ndarray]:
    return [np.asarray(weight, np.float64) for weight in layer.trainable_variables]


def direction_of(layer: Recurrent, weights: list[np.ndarray], d: int) -> CellWeights:
    """Return the weights of one direction under the reference's names."""
    named = {v.name: array[d] for v, array in zip(layer.trainable_variables, weights, strict=True)}
    return CellWeights(
        W=named["kernel"],
        R=named["recurrent_kernel"],
        b=named["bias"],
        v=named.get("vectors", np.zeros((0, layer.units))),
        P=named.get("projection"),
    )


def expected_layer(layer: Recurrent, x: np.ndarray, factors: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """Return outputs and last states, all in one row, of one utterance after the other."""
    initial, weights = others[: len(layer.state_sizes)], list(others[len(layer.state_sizes) :])
    outputs = np.zeros((SIZE, FRAMES, layer.directions, layer.state_sizes[0]), x.dtype)
    last = [np.array(state) for state in initial]
    for d in range(layer.directions):
        cell_weights = direction_of(layer, weights, d)
        for b, length in enumerate(LENGTHS):
            cell_weights.drop = factors[d, b]
            states = [state[d, b] for state in initial]
            outputs[b, :length, d], states = layer_by_definition(
                layer.cell, x[b, :length], cell_weights, states, backwards=d == 1
            )
            for state, value in zip(last, states, strict=True):
                state[d, b] = value
    return np.concatenate([array.ravel() for array in (outputs, *last)])


def flat(results: tuple) -> object:
    """Return outputs and last states, all in one row."""
    outputs, states = results
    return ops.concatenate([ops.reshape(array, (-1,)) for array in (outputs, *states)])


@functools.cache
def expectation(cell: str, bidirectional: bool) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return factors of the values in a scalar loss, the values, and the loss's gradients, of x, states, weights."""
    layer = made(cell, bidirectional=bidirectional)
    x, factors, *initial = inputs(layer)
    arrays = [x, *initial, *arrays_of(layer)]
    value = expected_layer(layer, x, factors, *arrays[1:])
    weights = np.random.default_rng(2).normal(size=value.shape)
    gradients = gradients_by_definition(
        lambda x, *others: np.sum(weights * expected_layer(layer, x, factors, *others)), arrays
    )
    return weights, value, gradients


def test_every_cell_has_its_published_equations_in_the_reference():
    assert set(CELLS) == set(CELLS_BY_DEFINITION)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two"])
@pytest.mark.parametrize(("cell", "form"), CASES)
def test_outputs_states_and_all_gradients_are_those_of_the_published_equations(cell, form, bidirectional):
    layer = made(cell, bidirectional=bidirectional)
    x, factors, *initial = inputs(layer)
    weights, value, gradients = expectation(cell, bidirectional)

    def loss(x, *initial):
        mask = ops.convert_to_tensor(factors, "float32")
        return flat(FORMS[form](layer, x, LENGTHS, mask, initial)) * weights.astype("float32")

    found, found_gradients = value_and_gradients(loss, [x, *initial], layer)
    np.testing.assert_allclose(found, value * weights, rtol=1e-4, atol=1e-6)
    assert len(found_gradients) == len(gradients)
    for gradient, right in zip(found_gradients, gradients, strict=True):
        assert np.abs(gradient - right).max() <= 1e-5 * np.abs(right).max()
