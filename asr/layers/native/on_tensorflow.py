"""The compiled recurrent layer as one differentiable TensorFlow operation."""

from typing import Any

import numpy as np
import tensorflow as tf

from asr.layers.native import layer
from asr.layers.native.cell import NativeCell
from asr.layers.tensor import Tensor


def recurrent_layer(
    cell: NativeCell,
    x: Tensor,
    lengths: Tensor,
    kernel: Tensor,
    bias: Tensor,
    recurrent: Tensor,
    vectors: Tensor,
    mask: Tensor,
    initial: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the outputs [B, T, D * H] and the last states [D, B, S, H]; see `asr.layers.native.layer.forward`.

    All floats are float32; T and B may be unknown while a graph is made.
    """
    directions, units = kernel.shape[0], initial.shape[-1]

    @tf.custom_gradient
    def run(*inputs: Tensor) -> tuple[tuple[Tensor, Tensor], Any]:
        outputs, last, *saved = tf.numpy_function(_forward(cell), inputs, [tf.float32] * (2 + 3 * directions))
        outputs = tf.ensure_shape(outputs, (*x.shape[:2], directions * units))
        last = tf.ensure_shape(last, initial.shape)

        def gradient(d_outputs: Tensor, d_last: Tensor) -> list[Tensor | None]:
            given = [*inputs, d_outputs, d_last, *saved]
            dx, *others = tf.numpy_function(_backward(cell, directions), given, [tf.float32] * 6)
            d_kernel, d_bias, d_recurrent, d_vectors, d_initial = others
            found = [dx, None, d_kernel, d_bias, d_recurrent, d_vectors, None, d_initial]
            return [
                None if value is None else tf.ensure_shape(value, given.shape)
                for value, given in zip(found, inputs, strict=True)
            ]

        return (outputs, last), gradient

    return run(x, lengths, kernel, bias, recurrent, vectors, mask, initial)


def _forward(cell: NativeCell) -> Any:
    def forward(
        x: np.ndarray,
        lengths: np.ndarray,
        kernel: np.ndarray,
        bias: np.ndarray,
        recurrent: np.ndarray,
        vectors: np.ndarray,
        mask: np.ndarray,
        initial: np.ndarray,
    ) -> tuple[np.ndarray, ...]:
        weights = layer.Weights(kernel, bias, recurrent, vectors)
        outputs, last, saved = layer.forward(cell, x, lengths, weights, mask, initial)
        return outputs, last, *saved.z, *saved.states, *saved.inputs

    return forward


def _backward(cell: NativeCell, directions: int) -> Any:
    def backward(
        x: np.ndarray,
        lengths: np.ndarray,
        kernel: np.ndarray,
        bias: np.ndarray,
        recurrent: np.ndarray,
        vectors: np.ndarray,
        mask: np.ndarray,
        initial: np.ndarray,
        d_outputs: np.ndarray,
        d_last: np.ndarray,
        *kept: np.ndarray,
    ) -> tuple[np.ndarray, ...]:
        saved = layer.Saved(*(list(kept[k : k + directions]) for k in range(0, 3 * directions, directions)))
        weights = layer.Weights(kernel, bias, recurrent, vectors)
        found = layer.backward(cell, x, lengths, weights, mask, initial, saved, d_outputs, d_last)
        return found.x, found.kernel, found.bias, found.recurrent, found.vectors, found.initial

    return backward
