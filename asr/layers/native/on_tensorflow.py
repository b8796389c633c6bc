"""The compiled recurrent layer as one differentiable TensorFlow operation."""

from typing import Any

import numpy as np
import tensorflow as tf

from asr.layers.native.cell import NativeCell
from asr.layers.native.layer import Inputs, Saved, backward, forward, input_gradient
from asr.layers.native.products import FLOAT32, Products
from asr.layers.tensor import Tensor


def recurrent_layer(cell: NativeCell, *inputs: Tensor, products: Products = FLOAT32) -> tuple[Tensor, Tensor]:
    """Return the outputs [B, T, D * H] and the last states [D, B, S, H].

    Args:
        cell: whose steps are taken.
        inputs: tensors in the order and of the shapes of `Inputs`.
        products: compute what lies outside the recurrence.
    """
    x, kernel, initial = inputs[0], inputs[2], inputs[-1]
    directions, units = kernel.shape[0], initial.shape[-1]

    def run_forward(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        outputs, last, saved = forward(cell, Inputs(*arrays), products)
        return outputs, last, *saved.z, *saved.states

    def run_backward(d_outputs: np.ndarray, d_last: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        given, kept = arrays[: len(inputs)], arrays[len(inputs) :]
        saved = Saved(*(list(kept[k : k + directions]) for k in range(0, len(kept), directions)))
        found = backward(cell, Inputs(*given), saved, d_outputs, d_last, products)
        return found.kernel, found.recurrent, found.bias, found.vectors, found.initial, *saved.z

    def run_input_gradient(*arrays: np.ndarray) -> np.ndarray:
        return input_gradient(Inputs(*arrays[: len(inputs)]), list(arrays[len(inputs) :]), products)

    @tf.custom_gradient
    def run(*inputs: Tensor) -> tuple[tuple[Tensor, Tensor], Any]:
        outputs, last, *saved = tf.numpy_function(run_forward, inputs, [tf.float32] * (2 + 2 * directions))
        outputs = tf.ensure_shape(outputs, (*x.shape[:2], directions * units))
        last = tf.ensure_shape(last, initial.shape)

        def gradient(d_outputs: Tensor, d_last: Tensor) -> list[Tensor | None]:
            given = [d_outputs, d_last, *inputs, *saved]
            found = tf.numpy_function(run_backward, given, [tf.float32] * (5 + directions))
            d_kernel, d_recurrent, d_bias, d_vectors, d_initial, *dz = found
            # Stateless: where nobody asks for it, TensorFlow leaves it out.
            dx = tf.numpy_function(run_input_gradient, [*inputs, *dz], tf.float32, stateful=False)
            every = [dx, None, d_kernel, d_recurrent, d_bias, d_vectors, None, d_initial]
            return [
                None if value is None else tf.ensure_shape(value, given.shape)
                for value, given in zip(every, inputs, strict=True)
            ]

        return (outputs, last), gradient

    return run(*inputs)
