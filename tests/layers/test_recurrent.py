import keras
import numpy as np
import pytest
import tensorflow as tf

from asr.errors import ConfigError
from asr.layers.cells.table import CELLS
from asr.layers.recurrent import Recurrent
from tests.reference import lstm_by_definition

LENGTHS = np.array([7, 4, 1, 0])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 7, 5)).astype("float32")


def layer(**settings) -> Recurrent:
    keras.utils.set_random_seed(0)
    made = Recurrent(8, **settings)
    made(X, LENGTHS)
    for weight in made.trainable_variables:  # bias, too, must matter
        weight.assign_add(keras.random.normal(weight.shape) * 0.1)
    return made


@pytest.mark.parametrize("bidirectional", [False, True])
def test_outputs_are_those_of_the_equations_utterance_by_utterance(bidirectional):
    made = layer(bidirectional=bidirectional)
    kernel, recurrent, bias = (np.asarray(w, "float64") for w in (made.kernel, made.recurrent_kernel, made.bias))
    found = np.asarray(made(X, LENGTHS))
    for row, length in enumerate(LENGTHS):
        expected = [
            lstm_by_definition(X[row, :length], kernel[d], recurrent[d], bias[d], backwards=d == 1)
            for d in range(len(kernel))
        ]
        np.testing.assert_allclose(found[row, :length], np.concatenate(expected, axis=1), atol=1e-6)  # float32
        assert not found[row, length:].any()


def test_gradients_are_those_that_finite_differences_give():
    made = layer(bidirectional=True)
    target = RNG.normal(size=(4, 7, 16)).astype("float32")

    def loss() -> tf.Tensor:
        return tf.reduce_sum(made(X, LENGTHS) * target)

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [weight.value for weight in made.trainable_variables])
    for weight, gradient in zip(made.trainable_variables, gradients, strict=True):
        before, direction = np.asarray(weight), RNG.normal(size=weight.shape).astype("float32")
        step = 1e-2 / np.abs(direction).max()
        sides = []
        for sign in (1, -1):
            weight.assign(before + sign * step * direction)
            sides.append(float(loss()))
        weight.assign(before)
        slope = (sides[0] - sides[1]) / (2 * step)
        # The quotient has an error of order step**2, and float32 rounding over the step.
        assert slope == pytest.approx(float(np.sum(gradient * direction)), rel=1e-3, abs=1e-3)


def test_nothing_that_stands_in_the_padding_reaches_outputs_or_gradients():
    made = layer(bidirectional=True)
    dirty = np.where(np.arange(7)[None, :, None] < LENGTHS[:, None, None], X, 1e3).astype("float32")
    results = []
    for x in (X, dirty):
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(made(inputs, LENGTHS) ** 2)
        results.append(tape.gradient(loss, [inputs, *(w.value for w in made.trainable_variables)]))
    for clean, other in zip(*results, strict=True):
        np.testing.assert_allclose(clean, other, atol=1e-6)
    past_the_end = np.arange(7)[None] >= LENGTHS[:, None]
    assert not results[1][0].numpy()[past_the_end].any()


def test_a_layer_made_from_its_config_computes_the_same():
    made = layer(bidirectional=True)
    again = Recurrent.from_config(made.get_config())
    again(X, LENGTHS)
    again.set_weights(made.get_weights())
    np.testing.assert_array_equal(made(X, LENGTHS), again(X, LENGTHS))


def test_a_new_lstm_remembers():
    made = Recurrent(3)
    made(X, LENGTHS)
    np.testing.assert_array_equal(np.asarray(made.bias)[0, 0], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def test_every_gate_and_direction_starts_from_its_own_orthogonal_matrix():
    made = Recurrent(8)
    made(X, LENGTHS)
    blocks = np.asarray(made.recurrent_kernel).reshape(2, 8, 4, 8).transpose(0, 2, 1, 3).reshape(8, 8, 8)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(8), atol=1e-5)
    assert len({block.tobytes() for block in blocks}) == len(blocks)


def test_an_unknown_cell_is_named_with_those_that_are_known():
    with pytest.raises(ConfigError, match=r"model\.cell = 'lstn' is unknown: choose one of rnn, lstm"):
        Recurrent(8, cell="lstn")
    assert "lstm" in CELLS
