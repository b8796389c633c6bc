"""The calls that reach cuDNN on a GPU, with the kernels that they take on a CPU."""

import keras
import numpy as np
import pytest
from keras import ops

from asr.layers import cudnn, recurrent
from asr.layers.initializers import set_seed
from asr.layers.recurrent import Recurrent
from tests.backend import value_and_gradients

JAX = keras.backend.backend() == "jax"
LENGTHS = np.array([6, 0, 4, 1])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 6, 3))


@pytest.fixture
def on_the_cpu(monkeypatch):
    """Let JAX's own reference, which has no gradients of its own, stand in for its call of cuDNN."""
    rnn = pytest.importorskip("jax.experimental.rnn", reason="needs the extra `jax`")

    def lstm(x, h, c, weights, lengths, features, units, num_layers, dropout, bidirectional):
        parts = rnn.unpack_lstm_weights(weights, features, units, num_layers, bidirectional)
        return rnn.lstm_ref(x, h, c, *parts, lengths, features, units, num_layers, dropout, bidirectional)

    monkeypatch.setattr(rnn, "lstm", lstm)


def layer(cell: str, bidirectional: bool) -> Recurrent:
    keras.utils.set_random_seed(0)
    made = Recurrent(5, cell=cell, bidirectional=bidirectional)
    made.build((None, None, 3))
    for weight in made.trainable_variables:
        weight.assign_add(keras.random.normal(weight.shape) * 0.2)
    cudnn.prepare(made._cell.cudnn, 5, 3)
    return made


def results(made: Recurrent, form) -> tuple:
    initial = [RNG.normal(size=(made.directions, 4, 5)) * 0 + 0.3 for _ in made.state_sizes]

    def outputs(x, *states):
        found, last = form(made, x, LENGTHS, None, states)
        return ops.concatenate([ops.reshape(part, (-1,)) for part in (found, *last)]) ** 2

    return value_and_gradients(outputs, [X, *initial], made)


@pytest.mark.parametrize("bidirectional", [True] if JAX else [False, True])
@pytest.mark.parametrize("cell", ["lstm"] if JAX else ["lstm", "gru"])
def test_cudnn_s_calls_give_the_same_outputs_states_and_gradients_with_the_same_weights(cell, bidirectional, request):
    if JAX:
        request.getfixturevalue("on_the_cpu")
    made = layer(cell, bidirectional)
    value, gradients = results(made, recurrent._with_cudnn)
    expected, right = results(made, recurrent._in_steps)
    np.testing.assert_allclose(value, expected, atol=1e-6)
    assert len(gradients) == len(right)
    for one, other in zip(gradients, right, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_only_what_cudnn_has_is_asked_of_it(monkeypatch, caplog):
    monkeypatch.setattr(cudnn, "is_there", lambda: True)
    recurrent._say_once.cache_clear()
    assert recurrent._fastest(Recurrent(4)._cell, "lstm", masked=False) is recurrent._with_cudnn
    for _ in range(2):
        form = recurrent._fastest(Recurrent(4, cell="lstm_cifg")._cell, "lstm_cifg", masked=False)
        assert form is recurrent._in_steps
    assert recurrent._fastest(Recurrent(4)._cell, "lstm", masked=True) is recurrent._in_steps
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert "cuDNN has no 'lstm_cifg'" in said[0]
    assert "recurrent dropout" in said[1]


def test_a_seed_gives_the_same_weights_with_and_without_a_gpu(monkeypatch):
    def weights() -> list[np.ndarray]:
        set_seed(0)
        layers = [Recurrent(5), Recurrent(6)]
        for one in layers:
            one.build((None, None, 3))
        return [np.asarray(weight) for one in layers for weight in one.weights]

    expected = weights()
    cudnn._keras_layer.cache_clear()
    monkeypatch.setattr(cudnn, "is_there", lambda: True)
    for found, value in zip(weights(), expected, strict=True):
        np.testing.assert_array_equal(found, value)


def keras_results(kind: str, options: dict, backwards: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return Keras's own layer's weights, and its outputs with a mask, zero past a length."""
    keras.utils.set_random_seed(1)
    make = getattr(keras.layers, kind)
    theirs = make(5, return_sequences=True, go_backwards=backwards, zero_output_for_mask=True, **options)
    theirs.build((4, 6, 3))
    for weight in theirs.trainable_variables:
        weight.assign_add(keras.random.normal(weight.shape) * 0.2)
    mask = np.arange(6) < LENGTHS[:, None]
    outputs = np.asarray(theirs(X.astype("float32"), mask=mask))
    return [np.asarray(weight) for weight in theirs.trainable_variables], outputs[:, ::-1] if backwards else outputs


@pytest.mark.skipif(JAX, reason="Keras's layers are compared under TensorFlow; the cells with their definitions here")
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("cell", "kind", "options"),
    [
        ("lstm", "LSTM", {}),
        ("gru", "GRU", {"reset_after": True}),
        ("gru_reset_before", "GRU", {"reset_after": False}),
        ("rnn", "SimpleRNN", {}),
    ],
)
def test_outputs_are_those_of_keras_s_own_layers_with_their_weights(cell, kind, options, backwards):
    (kernel, recurrent_kernel, bias), expected = keras_results(kind, options, backwards)
    made = Recurrent(5, cell=cell, bidirectional=True)
    made.build((None, None, 3))
    weights = {"kernel": kernel, "recurrent_kernel": recurrent_kernel, "bias": bias}
    if cell == "gru":  # of Keras's two biases only that of the candidate cannot be added to the other
        weights["bias"] = bias[0] + np.concatenate([bias[1, :10], np.zeros(5)])
        weights["vectors"] = bias[1, None, 10:]
    for variable in made.trainable_variables:
        variable.assign(np.stack([weights[variable.name]] * 2))
    found = np.asarray(made(X, LENGTHS)).reshape(4, 6, 2, 5)[:, :, int(backwards)]
    np.testing.assert_allclose(found, expected, atol=1e-6)
