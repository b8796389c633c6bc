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


def reaches(kind: Kind | None) -> bool:
    """Return whether this backend would compute a cell of this kind by cuDNN, with true lengths, on a GPU."""
    return kind == "lstm" or (kind == "gru" and keras.backend.backend() == "tensorflow")


def prepare(kind: Kind | None, units: int, features: int) -> None:
    """Make what a layer of this kind and size needs, while no function is traced: variables cannot be made there."""
    for backwards in (False, True) if keras.backend.backend() == "tensorflow" else ():
        _keras_layer(kind, units, features, backwards=backwards)


def recurrent_layer(
    kind: Kind | None, x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Return the outputs [B, T, D * H], zero past a length, and the last states, [D, B, H] each.

    Args:
        kind: the cell, one that `reaches` it.
        x: [B, T, F] float32; what stands past a length must be finite.
        lengths: [B].
        weights: of the layer, float32.
        initial: [D, B, H] for each state.
    """
    lengths = ops.cast(lengths, "int32")
    longer = ops.maximum(lengths, 1)  # cuDNN refuses an utterance without frames; what comes of one is left out below
    if keras.backend.backend() == "jax":
        outputs, last = jax_lstm(x, longer, weights, initial)
    else:
        outputs, last = keras_layer(kind, x, longer, weights, initial)
    ran = (lengths > 0)[None, :, None]
    states = [ops.where(ran, after, before) for after, before in zip(last, initial, strict=True)]
    return zero_padding(outputs, lengths), states


def keras_layer(
    kind: Kind | None, x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Compute as `recurrent_layer` does where all lengths are positive, by Keras's layer of each direction.

    What comes out past a length means nothing.
    """
    kernel, recurrent, bias, candidate_bias = weights
    units, mask = recurrent.shape[1], true_frames(lengths, ops.shape(x)[1])
    outputs, states = [], []
    for d in range(kernel.shape[0]):
        inner = _keras_layer(kind, units, x.shape[-1], backwards=d == 1)
        biases = bias[d]
        if candidate_bias is not None:
            biases = ops.stack([biases, ops.concatenate([ops.zeros((2 * units,)), candidate_bias[d]])])
        given = [state[d] for state in initial]
        others = [variable.value for variable in inner.non_trainable_variables]  # seeds of dropout that it has none of
        ours = [kernel[d], recurrent[d], biases]
        found = inner.stateless_call(ours, others, x, mask=mask, initial_state=given)[0]
        outputs.append(ops.flip(found[0], axis=1) if d == 1 else found[0])
        states.append(found[1:])
    return ops.concatenate(outputs, axis=-1), [ops.stack(list(state)) for state in zip(*states, strict=True)]


@functools.cache
def _keras_layer(kind: Kind | None, units: int, features: int, backwards: bool) -> Any:
    """Return a layer whose own weights are never used: it is told ours at each call."""
    make = keras.layers.GRU if kind == "gru" else keras.layers.LSTM
    # To draw values or a seed would change what layers that are made later start from.
    drawn = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros", "seed": 0}
    layer = make(units, return_sequences=True, return_state=True, go_backwards=backwards, dtype="float32", **drawn)
    layer.build((None, None, features))
    return layer


def jax_lstm(x: Tensor, lengths: Tensor, weights: Weights, initial: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Compute as `recurrent_layer` does where all lengths are positive, by `jax.experimental.rnn.lstm`.

    What comes out past a length means nothing.
    """
    from jax.experimental import rnn

    kernel, recurrent, _, _ = weights
    directions, features, _ = kernel.shape
    found: Any = rnn.lstm(
        x,
        *initial,
        flat_weights(weights),
        lengths,
        features,
        recurrent.shape[1],
        num_layers=1,
        dropout=0.0,
        bidirectional=directions == 2,
    )
    return found[0], list(found[1:])


def flat_weights(weights: Weights) -> Tensor:
    """Return an LSTM's weights in cuDNN's order: each direction's two matrices, transposed, then two biases each."""
    kernel, recurrent, bias, _ = weights
    matrices, biases = [], []
    for d in range(kernel.shape[0]):
        matrices += [ops.ravel(ops.transpose(kernel[d])), ops.ravel(ops.transpose(recurrent[d]))]
        biases += [bias[d], np.zeros(bias.shape[1:], "float32")]
    return ops.concatenate([*matrices, *biases])
