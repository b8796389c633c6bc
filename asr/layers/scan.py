"""The loop over time that every recurrent cell shares, with its gradient written by hand.

Both directions run in one loop and one batched product a step: direction 0 reads frame s at step s, direction 1 reads
frame T-1-s. A mask of the true frames multiplies the state at every step, so outside its utterance the state is zero:
the backward direction starts at each utterance's own last frame, and padding can be neither seen nor learned from.

What does not depend on the step before (the input projection, the weight gradients) is done outside the loop in single
large products. The loops are compiled by XLA, once for each shape.

Dimensions: D directions (1 or 2), T frames, B utterances, H units, G gate blocks.
"""

import functools
from collections.abc import Sequence
from typing import Any, Protocol

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

Tensor = Any  # TensorFlow ships no types


class Cell(Protocol):
    """One step of a recurrent cell and its gradient: pure functions of [D, B, ·] tensors in float32."""

    @property
    def num_gates(self) -> int:
        """G: how many blocks of H values the input is projected to."""
        ...

    @property
    def num_states(self) -> int:
        """How many tensors of H values go from step to step; the first is the output."""
        ...

    def initial_bias(self, units: int) -> list[float]:
        """Return the G * H values that the bias starts from."""
        ...

    def step(self, z: Tensor, states: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Return the next states and the [D, B, G * H] activations that the gradient needs.

        Args:
            z: [D, B, G * H] projected input plus recurrent product.
            states: of the step before.
        """
        ...

    def step_gradient(
        self, gates: Tensor, states: Sequence[Tensor], previous: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the gradient of ``z``, and of each previous state but the part that reaches the output through ``z``.

        Args:
            gates: the activations that `step` returned.
            states: after the step.
            previous: before the step.
            gradients: of the states after the step.
        """
        ...


def scan(cell: Cell, projected: Tensor, recurrent: Tensor, mask: Tensor) -> Tensor:
    """Return the outputs of a recurrent layer, zero outside the utterances.

    Args:
        cell: what happens in a step; a singleton, for compiled loops are kept for it.
        projected: [D, T, B, G * H] the input's projection and the bias; T and B are static.
        recurrent: [D, H, G * H] weights from the output of the step before.
        mask: [T, B, 1] float32, 1 in true frames.

    Returns:
        [D, T, B, H] in the type of ``projected``; inside, states are float32.
    """
    return _function(cell)(projected, recurrent, mask)


@functools.cache
def _function(cell: Cell) -> Any:
    """Return the differentiable scan of a cell; made once, so that each shape is traced and compiled once."""
    forward = tf.function(functools.partial(_forward_loop, cell), jit_compile=True, autograph=False)
    backward = tf.function(functools.partial(_backward_loop, cell), jit_compile=True, autograph=False)

    # A function also when called eagerly: there a tape would look into the compiled loop, which has no gradient.
    @functools.partial(tf.function, autograph=False)
    @tf.custom_gradient
    def run(projected: Tensor, recurrent: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        states, gates = forward(projected, recurrent, mask)

        def gradient(d_outputs: Tensor) -> tuple[Tensor, Tensor, None]:
            dz = backward(tf.cast(d_outputs, tf.float32), recurrent, mask, states, gates)
            d_recurrent = _rows(_previous(states[0]), transpose_times=dz)
            return tf.cast(dz, projected.dtype), tf.cast(d_recurrent, recurrent.dtype), None

        return tf.cast(states[0], projected.dtype), gradient

    return run


def _forward_loop(cell: Cell, projected: Tensor, recurrent: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return every state and the gates at every frame: [D, T, B, H] each, and [D, T, B, G * H], float32."""
    directions, frames, size, width = projected.shape
    units = width // cell.num_gates
    shapes = [units] * cell.num_states + [width]

    def step(s: Tensor, states: list[Tensor], kept: list[Tensor]) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        product = tf.matmul(tf.cast(states[0], recurrent.dtype), recurrent)
        z = tf.cast(_take(projected, s), tf.float32) + tf.cast(product, tf.float32)
        states, gates = cell.step(z, states)
        states = [state * _take_mask(mask, s, directions) for state in states]
        return s + 1, states, [_put(array, s, value) for array, value in zip(kept, [*states, gates], strict=True)]

    start = [tf.zeros((directions, size, units)) for _ in range(cell.num_states)]
    kept = [tf.zeros((directions, frames, size, n)) for n in shapes]
    *states, gates = tf.while_loop(lambda s, *_: s < frames, step, (tf.constant(0), start, kept))[2]
    return states, gates


def _backward_loop(
    cell: Cell, d_outputs: Tensor, recurrent: Tensor, mask: Tensor, states: list[Tensor], gates: Tensor
) -> Tensor:
    """Return the gradient of ``projected``, [D, T, B, G * H] float32: the steps from last to first."""
    directions, frames, size, units = d_outputs.shape
    transposed = tf.transpose(recurrent, (0, 2, 1))

    def step(n: Tensor, carried: list[Tensor], dz_rows: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        s = frames - 1 - n
        true = _take_mask(mask, s, directions)
        has_previous = tf.cast(s > 0, tf.float32)
        previous = [_take(state, tf.maximum(s - 1, 0)) * has_previous for state in states]
        gradients = [(carried[0] + _take(d_outputs, s)) * true, *(gradient * true for gradient in carried[1:])]
        dz, carried = cell.step_gradient(_take(gates, s), [_take(state, s) for state in states], previous, gradients)
        product = tf.matmul(tf.cast(dz, transposed.dtype), transposed)
        carried = [carried[0] + tf.cast(product, tf.float32), *carried[1:]]
        return n + 1, carried, _put(dz_rows, s, dz)

    start = [tf.zeros((directions, size, units)) for _ in states]
    return tf.while_loop(lambda n, *_: n < frames, step, (tf.constant(0), start, tf.zeros_like(gates)))[2]


def _frame(direction: int, s: Tensor, frames: int) -> Tensor:
    """Return the frame that a direction is at in step ``s``."""
    return s if direction == 0 else frames - 1 - s


def _take(array: Tensor, s: Tensor) -> Tensor:
    """Return what each direction has at step ``s``: [D, T, B, N] -> [D, B, N]."""
    return tf.stack([array[d, _frame(d, s, array.shape[1])] for d in range(array.shape[0])])


def _take_mask(mask: Tensor, s: Tensor, directions: int) -> Tensor:
    """Return the mask of each direction's frame at step ``s``: [T, B, 1] -> [D, B, 1]."""
    return tf.stack([mask[_frame(d, s, mask.shape[0])] for d in range(directions)])


def _put(array: Tensor, s: Tensor, values: Tensor) -> Tensor:
    """Return [D, T, B, N] with the [D, B, N] values of step ``s`` in place."""
    # Not TensorArray: two of one shape, written in one XLA loop, came back with the same content.
    for d in range(array.shape[0]):
        array = xla.dynamic_update_slice(
            array, values[d][None, None], tf.stack([d, _frame(d, s, array.shape[1]), 0, 0])
        )
    return array


def _previous(states: Tensor) -> Tensor:
    """Return [D, T, B, H] moved by one step, so that a frame finds the state before it; zero where there is none."""
    none = tf.zeros_like(states[:1, :1])
    moved = [tf.concat([none, states[:1, :-1]], axis=1)]
    if states.shape[0] == 2:
        moved.append(tf.concat([states[1:, 1:], none], axis=1))
    return tf.concat(moved, axis=0)


def _rows(left: Tensor, *, transpose_times: Tensor) -> Tensor:
    """Return the sum of outer products over T and B: [D, T, B, H], [D, T, B, W] -> [D, H, W]."""
    directions = left.shape[0]
    left, right = (tf.reshape(array, (directions, -1, array.shape[-1])) for array in (left, transpose_times))
    return tf.matmul(left, right, transpose_a=True)
