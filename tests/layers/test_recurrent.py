"""What a recurrent layer does whatever its cell is; see test_cells.py for every cell."""

import keras
import numpy as np
import pytest
from keras import ops

from asr.errors import ConfigError, ShapeError
from asr.layers import recurrent
from asr.layers.recurrent import Recurrent
from tests.backend import value_and_gradients

JAX = keras.backend.backend() == "jax"
LENGTHS = np.array([7, 4, 1, 0])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 7, 5)).astype("float32")


def layer(units: int = 8, features: int = 5, **settings) -> Recurrent:
    keras.utils.set_random_seed(0)
    made = Recurrent(units, **settings)
    made.build((None, None, features))
    for weight in made.trainable_variables:  # bias, too, must matter
        weight.assign_add(keras.random.normal(weight.shape) * 0.1)
    return made


SIZES = {
    "no frames": (40, 2, [0, 0, 0]),
    "one of everything": (1, 1, [1]),
    "single frames": (5, 3, [1, 1]),
    "odd sizes": (33, 17, [6, 2, 2, 1, 4]),
    "one utterance": (16, 32, [3]),
    "one long among many short": (7, 70, [150, 1, 0, 2, 1, 3, 1, 1, 2]),
}


@pytest.mark.parametrize("size", list(SIZES)[:2] if JAX else SIZES)
def test_no_size_is_special(size):
    units, features, lengths = SIZES[size]
    made = layer(units, features, bidirectional=True)
    x = RNG.normal(size=(len(lengths), max(max(lengths), 2), features)).astype("float32")
    lengths = np.array(lengths)

    def run(form):
        def outputs(x, *initial):
            return ops.concatenate([ops.reshape(part, (-1,)) for part in flat(form(made, x, lengths, None, initial))])

        def flat(results):
            return [results[0], *results[1]]

        states = np.zeros((2, len(lengths), units))
        return value_and_gradients(outputs, [x, states, states], made)

    found, gradients = value_and_gradients(lambda x: made(x, lengths) ** 2, [x], made)
    assert found.shape == (*x.shape[:2], 2 * units)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    if not JAX:
        (value, gradients), (expected, right) = run(recurrent._compiled), run(recurrent._in_steps)
        np.testing.assert_allclose(value, expected, atol=2e-6)
        for one, other in zip(gradients, right, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5 * max(1.0, np.abs(other).max()))


def test_neither_memory_order_nor_read_only_arrays_matter():
    made = layer(bidirectional=True)
    expected = np.asarray(made(X, LENGTHS))
    wide = np.repeat(X, 2, axis=2)[:, :, ::2]
    swapped = np.ascontiguousarray(X.transpose(1, 0, 2)).transpose(1, 0, 2)
    frozen = X.copy()
    frozen.setflags(write=False)
    for x in (wide, swapped, frozen, X.astype("float64")):
        np.testing.assert_array_equal(np.asarray(made(x, LENGTHS.astype("int32"))), expected)


def test_a_frame_that_is_not_a_number_is_not_hidden():
    x = X.copy()
    x[0, 3, 2] = np.nan
    outputs = np.asarray(layer(bidirectional=True)(x, LENGTHS))
    assert np.isnan(outputs[0]).any(axis=1).all()  # forwards from there on, backwards up to there
    assert np.isfinite(outputs[1:]).all()


def test_initial_states_of_a_lower_precision_are_taken():
    made = layer()
    states = [np.ones((1, 4, 8), "float16")] * 2
    expected = made(X, LENGTHS, initial_states=[state.astype("float32") for state in states])
    np.testing.assert_array_equal(made(X, LENGTHS, initial_states=states), expected)


def test_states_stand_in_functional_models_too():
    made = layer(bidirectional=True)
    frames, lengths = keras.Input((None, 5)), keras.Input((), dtype="int32")
    outputs, states = made(frames, lengths, return_states=True)
    again, last = made(outputs[..., :5], lengths, initial_states=states, return_states=True)
    model = keras.Model([frames, lengths], [again, *last])
    first, states = made(X, LENGTHS, return_states=True)
    expected, last = made(first[..., :5], LENGTHS, initial_states=states, return_states=True)
    for found, right in zip(model([X, LENGTHS]), [expected, *last], strict=True):
        np.testing.assert_allclose(found, right, atol=1e-6)


def test_a_new_lstm_remembers():
    made = Recurrent(3)
    made(X, LENGTHS)
    np.testing.assert_array_equal(np.asarray(made.bias)[0], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def test_every_gate_and_direction_starts_from_its_own_orthogonal_matrix():
    made = Recurrent(8, bidirectional=True)
    made(X, LENGTHS)
    blocks = np.asarray(made.recurrent_kernel).reshape(2, 8, 4, 8).transpose(0, 2, 1, 3).reshape(8, 8, 8)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(8), atol=1e-5)
    assert len({block.tobytes() for block in blocks}) == len(blocks)


def test_an_unknown_cell_is_named_with_those_that_are_known():
    with pytest.raises(ConfigError, match=r"model\.cell = 'lstn' is unknown: choose one of rnn, lstm"):
        Recurrent(8, cell="lstn")


def test_a_projection_that_a_cell_does_not_have_is_named():
    with pytest.raises(ConfigError, match=r"model\.projection = 4 and model\.cell = 'gru' projects nothing"):
        Recurrent(8, cell="gru", projection=4)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"x": np.zeros((2, 5), "float32")}, "input"),
        ({"x": np.zeros((2, 5, 9), "float32")}, "input"),
        ({"lengths": np.array([5])}, "lengths"),
        ({"lengths": np.array([5, 3, 1])}, "lengths"),
        ({"recurrent_mask": np.ones((1, 1, 4), "float32")}, "recurrent_mask"),
        ({"initial_states": [np.zeros((1, 1, 4), "float32")] * 2}, "initial_states"),
        ({"initial_states": [np.zeros((1, 2, 8), "float32")] * 2}, "initial_states"),
        ({"initial_states": [np.zeros((1, 2, 4), "float32")] * 3}, "3 initial_states"),
    ],
)
def test_what_has_another_shape_is_named_and_not_read(arguments, wrong):
    made = Recurrent(4)
    made.build((2, 5, 3), (2,))
    good = {"x": np.zeros((2, 5, 3), "float32"), "lengths": np.array([5, 3])}
    with pytest.raises(ShapeError, match=wrong):
        made(**{**good, **arguments})


@pytest.mark.parametrize("shape", [(0, 5, 3), (2, 0, 3)])
def test_nothing_in_is_nothing_out(shape):
    made = Recurrent(4, bidirectional=True)
    assert made(np.zeros(shape, "float32"), np.zeros(shape[0], "int32")).shape == (*shape[:2], 8)


@pytest.mark.parametrize("sizes", [{"units": 0}, {"units": -1}, {"units": 2.5}, {"units": "4"}])
def test_a_size_that_is_none_is_named(sizes):
    with pytest.raises(ConfigError, match="of a recurrent layer: give a whole number from 1"):
        Recurrent(**sizes)


@pytest.mark.parametrize("units, projection", [(4, 4), (1, None)])
def test_a_projection_may_be_as_large_as_the_cell(units, projection):
    made = Recurrent(units, cell="lstm_projection", projection=projection)
    assert made(np.ones((1, 2, 3), "float32"), np.array([2])).shape == (1, 2, projection or 1)
