"""Recurrent layers by cuDNN where there is a GPU: with true lengths, and with our weights.

Under TensorFlow Keras's own layers reach cuDNN; under JAX Keras's layers leave it as soon as lengths differ, so there
`jax.experimental.rnn` is called. No GPU could be had when this was written: tests compare what the same calls compute
on a CPU, where Keras takes another kernel, and JAX's reference stands in for the call itself.
"""

import functools
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from asr.layers.masks import true_frames, zero_padding
from asr.layers.tensor import Tensor, ops

Kind = Literal["lstm", "gru"]
Weights = tuple[Tensor, Tensor, Tensor, Tensor | None]
"""Kernel [D, F, G * H], recurrent kernel [D, H, G * H], bias [D, G * H], the GRU's candidate bias [D, H]."""


@functools.cache
def is_there() -> bool:
    """Return whether this backend computes on a GPU."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() == "gpu"
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def recurrent_layer(
    kind: Kind | None, x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Return the outputs [B, T, D * H], zero past a length, and the last states, [D, B, H] each.

    Args:
        kind: the cell.
        x: [B, T, F] float32; what stands past a length must be finite.
        lengths: [B].
        weights: of the layer, float32.
        initial: [D, B, H] for each state.
    """
    if kind == "lstm" and keras.backend.backend() == "jax":
        return jax_lstm(x, lengths, weights, initial)
    return keras_layer(kind, x, lengths, weights, initial)


def keras_layer(
    kind: Kind | None, x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Compute as `recurrent_layer` does, by Keras's layer of each direction."""
    kernel, recurrent, bias, candidate_bias = weights
    units, mask = recurrent.shape[1], true_frames(lengths, ops.shape(x)[1])
    outputs, states = [], []
    for d in range(kernel.shape[0]):
        inner = _keras_layer(kind, units, x.shape[-1], backwards=d == 1)
        biases = bias[d]
        if candidate_bias is not None:
            biases = ops.stack([biases, ops.concatenate([ops.zeros((2 * units,)), candidate_bias[d]])])
        given = [state[d] for state in initial]
        found = inner.stateless_call([kernel[d], recurrent[d], biases], [], x, mask=mask, initial_state=given)[0]
        outputs.append(ops.flip(found[0], axis=1) if d == 1 else found[0])
        states.append(found[1:])
    joined = zero_padding(ops.concatenate(outputs, axis=-1), lengths)
    return joined, [ops.stack(list(state)) for state in zip(*states, strict=True)]


@functools.cache
def _keras_layer(kind: Kind, units: int, features: int, backwards: bool) -> Any:
    """Return a layer whose own weights are never used: it is told ours at each call."""
    make = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind]
    layer = make(units, return_sequences=True, return_state=True, go_backwards=backwards, dtype="float32")
    layer.build((None, None, features))
    return layer


def jax_lstm(x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Compute as `recurrent_layer` does, by `jax.experimental.rnn.lstm`."""
    from jax.experimental import rnn

    kernel, recurrent, _, _ = weights
    directions, features, _ = kernel.shape
    outputs, h, c = rnn.lstm(
        x,
        *initial,
        flat_weights(weights),
        ops.cast(lengths, "int32"),
        features,
        recurrent.shape[1],
        num_layers=1,
        dropout=0.0,
        bidirectional=directions == 2,
    )
    return zero_padding(outputs, lengths), [h, c]


def flat_weights(weights: Weights) -> Tensor:
    """Return an LSTM's weights in cuDNN's order: each direction's two matrices, transposed, then two biases each."""
    kernel, recurrent, bias, _ = weights
    matrices, biases = [], []
    for d in range(kernel.shape[0]):
        matrices += [ops.ravel(ops.transpose(kernel[d])), ops.ravel(ops.transpose(recurrent[d]))]
        biases += [bias[d], np.zeros(bias.shape[1:], "float32")]
    return ops.concatenate([*matrices, *biases])
