"""The compiled layer inside TensorFlow's functions; all other tests call it eagerly."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "tensorflow":
    pytest.skip("the compiled layer is TensorFlow's", allow_module_level=True)

import tensorflow as tf

import asr.layers
from asr.layers.recurrent import Recurrent

RNG = np.random.default_rng(0)
BATCHES = [
    (RNG.normal(size=(size, frames, 4)).astype("float32"), np.array(lengths, "int32"))
    for size, frames, lengths in ((3, 5, [5, 0, 3]), (1, 7, [7]), (2, 2, [0, 0]))
]


def layer(cell: str) -> Recurrent:
    keras.utils.set_random_seed(0)
    made = asr.layers.Recurrent(6, cell=cell, bidirectional=True)
    made.build((None, None, 4))
    return made


def gradients(made: Recurrent, x: tf.Tensor, lengths: tf.Tensor) -> list[tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = made(x, lengths)
        loss = tf.reduce_sum(outputs**2)
    return [outputs, *tape.gradient(loss, [x, *(weight.value for weight in made.trainable_variables)])]


@pytest.mark.parametrize("cell", ["lstm_fgr", "gru"])
def test_one_traced_function_serves_batches_of_any_size_and_gives_what_eager_execution_gives(cell):
    made = layer(cell)
    signature = [tf.TensorSpec([None, None, 4]), tf.TensorSpec([None], tf.int32)]
    traced = tf.function(lambda x, lengths: gradients(made, x, lengths), input_signature=signature)
    for x, lengths in BATCHES:
        for found, expected in zip(traced(x, lengths), gradients(made, tf.constant(x), lengths), strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-6)
    assert traced.experimental_get_tracing_count() == 1


def test_a_gradient_asked_for_twice_eagerly_is_the_same_twice():
    made, (x, lengths) = layer("lstm"), BATCHES[0]
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_sum(made(x, lengths) ** 2)
    kernel = made.kernel.value
    np.testing.assert_array_equal(tape.gradient(loss, kernel), tape.gradient(loss, kernel))


def test_a_gradient_asked_for_twice_in_a_traced_function_is_refused_and_never_wrong():
    made, (x, lengths) = layer("lstm"), BATCHES[0]

    @tf.function
    def twice() -> list[tf.Tensor]:
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_sum(made(x, lengths) ** 2)
        first = tape.gradient(loss, made.kernel.value)
        with tf.control_dependencies([first]):
            return [first, tape.gradient(loss, made.kernel.value)]

    with pytest.raises(tf.errors.OpError, match="asked for twice"):
        twice()


def test_keras_s_own_training_loop_takes_the_layer_and_leaves_xla_out_where_it_was_asked_for():
    x, lengths = keras.Input((None, 4)), keras.Input((), dtype="int32")
    model = keras.Model([x, lengths], layer("lstm")(x, lengths))
    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        model.compile("sgd", "mse", jit_compile=True)  # the default beside a GPU
    before = model.get_weights()
    history = model.fit([*BATCHES[0]], np.ones((3, 5, 12)), verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert model.predict([*BATCHES[0]], verbose=0).shape == (3, 5, 12)


def test_two_replicas_at_once_give_what_each_gives_alone():
    made = layer("lstm")
    batches = [tf.constant(np.roll(BATCHES[0][0], shift, axis=1)) for shift in range(6)]
    alone = [gradients(made, x, BATCHES[0][1]) for x in batches]
    both = tf.function(lambda x, lengths: gradients(made, x, lengths))
    together = tf.function(lambda: [both(x, BATCHES[0][1]) for x in batches])()
    for found, expected in zip(together, alone, strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
