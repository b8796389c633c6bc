"""Ours: `asr.layers` and `asr.ctc`, with sums in a fixed order, as `asr train` runs them."""

from collections.abc import Callable

import keras
import tensorflow as tf

from asr.ctc import ctc_loss
from asr.layers.recurrent import Recurrent
from benchmarks.cases import Case, inputs_of
from benchmarks.train_contenders.tensorflow_steps import Tensor, inference_step, training_step


def build(case: Case, mode: str) -> Callable[[], float]:
    """Return one step: see the package."""
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(0)
    inputs = inputs_of(case)
    lengths = tf.constant(inputs.lengths)
    size, longest = len(case.lengths), max(case.lengths)
    layers = [Recurrent(case.units, cell="lstm", bidirectional=True) for _ in range(case.layers)]
    output = keras.layers.Dense(case.classes)
    for layer, width in zip(layers, case.inputs, strict=True):
        layer.build((size, longest, width), (size,))
    output.build((size, longest, 2 * case.units))
    variables = [weight.value for layer in (*layers, output) for weight in layer.trainable_variables]

    def logits(frames: Tensor, lengths: Tensor) -> Tensor:
        for layer in layers:
            frames = layer(frames, lengths)
        return output(frames)

    if mode == "infer":
        return inference_step(logits, inputs.frames, lengths)
    return training_step(logits, ctc_loss, variables, inputs, lengths)
