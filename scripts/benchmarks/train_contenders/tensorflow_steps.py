"""The step around a network, which the two contenders on TensorFlow share: compiled once, then called."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.cases import Inputs

Tensor = Any  # TensorFlow ships no types


def training_step(
    logits: Callable[[Tensor, Tensor], Tensor],
    loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor],
    variables: list[Tensor],
    inputs: Inputs,
    lengths: Tensor,
) -> Callable[[], float]:
    """Return a function that computes the mean loss and all gradients.

    Args:
        logits: of frames [B, T, F] and lengths [B].
        loss: of logits, lengths, labels and label lengths: [B].
        variables: what gradients are wanted of.
        inputs: the batch.
        lengths: [B], of the batch.
    """
    frames, labels, label_lengths = (
        tf.constant(array) for array in (inputs.frames, inputs.labels, inputs.label_lengths)
    )

    @tf.function(autograph=False)
    def step(frames: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> tuple[Tensor, list[Tensor]]:
        with tf.GradientTape() as tape:
            mean = tf.reduce_mean(loss(logits(frames, lengths), lengths, labels, label_lengths))
        return mean, tape.gradient(mean, variables)

    def run() -> float:
        mean, gradients = step(frames, lengths, labels, label_lengths)
        for gradient in gradients:  # what is not read may still be at work
            gradient.numpy()
        return float(mean)

    return run


def inference_step(
    logits: Callable[[Tensor, Tensor], Tensor], frames: np.ndarray, lengths: Tensor
) -> Callable[[], float]:
    """Return a function that computes the log-probabilities of the batch; arguments as in `training_step`."""
    batch = tf.constant(frames)

    @tf.function(autograph=False)
    def step(frames: Tensor, lengths: Tensor) -> Tensor:
        return tf.nn.log_softmax(logits(frames, lengths))

    return lambda: float(step(batch, lengths).numpy().mean())
