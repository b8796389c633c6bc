"""Every cell against its published equations, and through one harness, in each form that a machine may run it in."""

import functools
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

import asr.layers
from asr.config import ModelConfig
from asr.ctc import ctc_loss
from asr.layers import recurrent
from asr.layers.cells.table import CELLS
from asr.layers.recurrent import Recurrent
from asr.model import AcousticModel
from tests.backend import value_and_gradients
from tests.reference_cells import CELLS_BY_DEFINITION, CellWeights, gradients_by_definition, layer_by_definition

JAX = keras.backend.backend() == "jax"
FORMS: dict[str, Callable] = {"in steps": recurrent._in_steps} | ({} if JAX else {"compiled": recurrent._compiled})
CASES = [(cell, form) for cell in CELLS for form in FORMS if form == "in steps" or CELLS[cell].native]
SIZE, FRAMES, FEATURES, UNITS = 4, 4, 2, 3
LENGTHS = np.array([4, 0, 2, 1])


def made(cell: str, *, units: int = UNITS, features: int = FEATURES, **settings) -> Recurrent:
    """Return a layer whose every weight matters."""
    layer = Recurrent(units, cell=cell, **settings)
    layer.build((None, None, features))
    rng = np.random.default_rng(0)
    for weight in layer.trainable_variables:
        start = np.asarray(weight) if weight.name in ("bias", "vectors") else 0.0  # matrices start from random values
        weight.assign(start + 0.5 * rng.normal(size=weight.shape))
    return layer


def inputs(layer: Recurrent, features: int = FEATURES) -> list[np.ndarray]:
    """Return x, dropout's factors and initial states."""
    rng = np.random.default_rng(1)
    shapes = [(layer.directions, SIZE, width) for width in layer.state_sizes]
    factors = 2.0 * (rng.random(shapes[0]) < 0.5)
    return [rng.normal(size=(SIZE, FRAMES, features)), factors, *(rng.normal(size=shape) for shape in shapes)]


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


@pytest.mark.parametrize(
    "bidirectional", [True] if JAX else [False, True], ids=lambda two: "two" if two else "one direction"
)
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


@pytest.mark.parametrize("cell", [] if JAX else CELLS)
def test_gradients_are_those_that_finite_differences_give(cell):
    layer = made(cell, bidirectional=True)
    x, factors, *initial = inputs(layer)
    values, before = [x, *initial], [np.asarray(weight) for weight in layer.trainable_variables]
    factors = ops.convert_to_tensor(factors, "float32")
    weights = expectation(cell, True)[0].astype("float32")

    def loss(x, *initial):
        return flat(layer(x, LENGTHS, factors, initial, return_states=True)) * weights

    _, gradients = value_and_gradients(loss, values, layer)
    rng = np.random.default_rng(3)
    direction = [rng.normal(size=gradient.shape) for gradient in gradients]
    sides = []
    for step in (1e-2, -1e-2):
        for weight, start, change in zip(layer.trainable_variables, before, direction[len(values) :], strict=True):
            weight.assign(start + step * change)
        moved = [value + step * change for value, change in zip(values, direction, strict=False)]
        sides.append(np.sum(loss(*(ops.convert_to_tensor(value, "float32") for value in moved)), dtype=np.float64))
    slopes = [np.sum(gradient * change) for gradient, change in zip(gradients, direction, strict=True)]
    # The quotient has an error of order step^2, and float32 rounding over the step.
    assert (sides[0] - sides[1]) / 2e-2 == pytest.approx(np.sum(slopes), abs=5e-3 * np.sum(np.abs(slopes)))


@pytest.mark.parametrize("cell", [cell for cell, form in CASES if form == "compiled"])
def test_sizes_beyond_a_vector_and_no_multiple_of_one_are_compiled_as_in_steps(cell):
    layer = made(cell, units=37, features=19, bidirectional=True)
    x, factors, *initial = inputs(layer, features=19)
    for weight in layer.trainable_variables:
        weight.assign(0.3 * np.asarray(weight))  # sums of more values: gates must not be saturated

    def result(form):
        def loss(x, *initial):
            mask = ops.convert_to_tensor(factors, "float32")
            return flat(FORMS[form](layer, x, LENGTHS, mask, initial)) ** 2

        return value_and_gradients(loss, [x, *initial], layer)

    (found, gradients), (expected, right) = result("compiled"), result("in steps")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(gradients, right, strict=True):
        assert np.abs(one - other).max() <= 1e-5 * np.abs(other).max()


# What follows is about behaviour that no cell may lack; under JAX, which compiles each case anew, one stands for all.
HARNESS = [case for case in CASES if not JAX or case[0] == "lstm_layer_norm"]
every_cell = pytest.mark.parametrize(("cell", "form"), HARNESS)


@every_cell
def test_nothing_in_the_padding_and_no_neighbour_reaches_an_utterance(cell, form):
    layer = made(cell, bidirectional=True)
    x, _, *initial = inputs(layer)
    past_the_end = np.arange(FRAMES) >= LENGTHS[:, None]
    dirty = np.where(past_the_end[..., None], np.nan, x)

    def loss(x, *initial):
        return flat(FORMS[form](layer, x, LENGTHS, None, initial)) ** 2

    value, gradients = value_and_gradients(loss, [x, *initial], layer)
    found, found_gradients = value_and_gradients(loss, [dirty, *initial], layer)
    np.testing.assert_array_equal(found, value)
    for one, other in zip(found_gradients, gradients, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not found_gradients[0][past_the_end].any()
    row, length = 2, LENGTHS[2]
    x, *initial = as_float32([x, *initial])
    of_row = [state[:, row : row + 1] for state in initial]
    alone, _ = FORMS[form](layer, x[row : row + 1, :length], LENGTHS[row : row + 1], None, of_row)
    together, _ = FORMS[form](layer, x, LENGTHS, None, initial)
    np.testing.assert_allclose(alone[0], together[row, :length], atol=1e-6)


def as_float32(arrays: list[np.ndarray]) -> list:
    return [ops.convert_to_tensor(array, "float32") for array in arrays]


@every_cell
def test_frames_in_two_parts_with_the_states_between_give_what_they_give_at_once(cell, form):
    layer = made(cell)
    x, _, *initial = inputs(layer)
    x, *initial = as_float32([x, *initial])
    whole, last = FORMS[form](layer, x, LENGTHS, None, initial)
    first, between = FORMS[form](layer, x[:, :2], np.minimum(LENGTHS, 2), None, initial)
    second, end = FORMS[form](layer, x[:, 2:], np.maximum(LENGTHS - 2, 0), None, between)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    for one, other in zip(end, last, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("cell", sorted({cell for cell, _ in HARNESS}))
def test_mixed_precision_is_close_and_keeps_weights_and_their_gradients_in_float32(cell):
    exact = made(cell, bidirectional=True)
    mixed = made(cell, bidirectional=True, dtype="mixed_bfloat16")
    x = np.asarray(inputs(exact)[0], "float32")
    assert keras.backend.standardize_dtype(mixed(x, LENGTHS).dtype) == "bfloat16"

    def loss(layer):
        return lambda x: ops.cast(layer(x, LENGTHS), "float32") ** 2

    expected, right = value_and_gradients(loss(exact), [x], exact)
    found, gradients = value_and_gradients(loss(mixed), [x], mixed)
    np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())
    for one, other in zip(gradients[1:], right[1:], strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=0.1 * np.abs(other).max())


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, marks=[] if cell in ("lstm", "gru") and not JAX else pytest.mark.slow) for cell in CELLS],
)
def test_a_training_step_of_a_model_lowers_its_loss(cell):
    keras.utils.set_random_seed(0)
    settings = {"cell": cell, "layers": 1, "units": 5, "conv": (), "dropout": 0.0, "norm": "none"}
    model = AcousticModel(ModelConfig(**settings), FEATURES, 4)
    x, labels = inputs(made(cell))[0], np.array([[1, 2], [3, 0], [3, 0], [1, 0]])

    def loss(x):
        return ops.sum(ctc_loss(model(x, LENGTHS), LENGTHS, labels, np.array([2, 0, 1, 1])))

    before, (_, *gradients) = value_and_gradients(loss, [x], model)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)
    for weight, gradient in zip(model.trainable_variables, gradients, strict=True):
        weight.assign(np.asarray(weight) - 0.05 * gradient)
    after = np.asarray(loss(x.astype("float32")))
    assert 0 < after < before


@pytest.mark.skipif(JAX, reason="Keras imports TensorFlow to save a model, and these tests run without it")
def test_a_saved_model_with_every_cell_is_the_same_when_it_is_loaded(tmp_path):
    names = sorted({cell for cell, _ in HARNESS})
    frames, lengths = keras.Input((None, FEATURES)), keras.Input((), dtype="int32")
    named = [asr.layers.LSTM(3, bidirectional=True), asr.layers.GRU(3), asr.layers.RNN(3, name="plain")]
    layers = [*named, *(Recurrent(3, cell=cell, bidirectional=True) for cell in names)]
    model = keras.Model([frames, lengths], [layer(frames, lengths) for layer in layers])
    x = np.asarray(inputs(layers[0])[0], "float32")
    expected = model([x, LENGTHS])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert {type(layer).__name__ for layer in loaded.layers} == {"InputLayer", "LSTM", "GRU", "RNN", "Recurrent"}
    for one, other in zip(loaded([x, LENGTHS]), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [output.shape[-1] for output in expected] == [output.shape[-1] for output in model.outputs]
