"""Stock Keras on TensorFlow: `keras.layers.Bidirectional(LSTM)`, masked, and `keras.ops.ctc_loss`."""

from collections.abc import Callable

import keras
import tensorflow as tf

from benchmarks.cases import Case, inputs_of
from benchmarks.train_contenders.tensorflow_steps import Tensor, inference_step, training_step


def build(case: Case, mode: str) -> Callable[[], float]:
    """Return one step: see the package. Where all lengths are equal there is no mask, which is quicker."""
    inputs = inputs_of(case)
    lengths = tf.constant(inputs.lengths)
    size, longest = len(case.lengths), max(case.lengths)
    ragged = min(case.lengths) < longest
    layers = [
        keras.layers.Bidirectional(keras.layers.LSTM(case.units, return_sequences=True)) for _ in range(case.layers)
    ]
    output = keras.layers.Dense(case.classes)
    for layer, width in zip(layers, case.inputs, strict=True):
        layer.build((size, longest, width))
    output.build((size, longest, 2 * case.units))
    variables = [weight.value for layer in (*layers, output) for weight in layer.trainable_variables]

    def logits(frames: Tensor, lengths: Tensor) -> Tensor:
        mask = tf.sequence_mask(lengths, longest) if ragged else None
        for layer in layers:
            frames = layer(frames, mask=mask)
        return output(frames)

    def loss(logits: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> Tensor:
        return keras.ops.ctc_loss(labels, logits, label_lengths, lengths, mask_index=0)

    if mode == "infer":
        return inference_step(logits, inputs.frames, lengths)
    return training_step(logits, loss, variables, inputs, lengths)
