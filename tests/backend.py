"""Gradients under whichever Keras backend a test runs."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


def value_and_gradients(
    function: Callable[..., Any], arrays: Sequence[np.ndarray], model: Any = None
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the outputs of ``function(*arrays)``, and the gradients of their sum.

    Args:
        function: backend tensors to a tensor.
        arrays: what the function takes, as float32.
        model: a layer whose trainable weights are further inputs: their gradients follow those of the arrays.
    """
    arrays = [np.asarray(array, np.float32) for array in arrays]
    variables = model.trainable_variables if model is not None else []
    compute = _jax if keras.backend.backend() == "jax" else _tensorflow
    value, gradients = compute(function, arrays, variables)
    return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def _tensorflow(function: Callable[..., Any], arrays: list[np.ndarray], variables: list) -> tuple[Any, Any]:
    import tensorflow as tf

    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        for tensor in inputs:
            tape.watch(tensor)
        value = function(*inputs)
        total = tf.reduce_sum(value)
    sources = [*inputs, *(variable.value for variable in variables)]
    return value, tape.gradient(total, sources, unconnected_gradients="zero")


def _jax(function: Callable[..., Any], arrays: list[np.ndarray], variables: list) -> tuple[Any, Any]:
    import jax

    def total(inputs: list, weights: list) -> tuple[Any, Any]:
        with keras.StatelessScope(state_mapping=list(zip(variables, weights, strict=True))):
            value = function(*inputs)
        return value.sum(), value

    weights = [variable.value for variable in variables]
    (_, value), gradients = jax.jit(jax.value_and_grad(total, argnums=(0, 1), has_aux=True))(arrays, weights)
    return value, [*gradients[0], *gradients[1]]
