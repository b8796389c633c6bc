"""The loop over time of a recurrent layer and its gradient: one direction, some utterances, one thread.

Both directions are one loop: at step s an utterance of length L is at frame s, or at L-1-s. So the backward direction
starts at each utterance's own last frame, and as utterances are taken in the order of falling lengths, those that are
still running are always the first of the batch: the products shrink with them, and no step is spent on padding.

Dimensions: B utterances, T frames, N true frames of the batch, H units, W projected values a frame, S states, of which
the first R / H are multiplied by the recurrent weights (nearly always one: the output).
"""

from typing import Any

import numpy as np
from numba import types

from asr.compiled import njit
from asr.layers.native.cell import BACKWARD, FORWARD
from asr.layers.native.microkernel import STAGGER, add_product, prefetch

_INDICES = types.int64[::1]
_ROWS, _BLOCK, _STRIDED = types.float32[:, ::1], types.float32[:, :, ::1], types.float32[:, :, :]
_WHERE = (_INDICES, _INDICES, _INDICES, types.boolean)
# Cells are passed as pointers: one compiled loop serves them all.
_SCAN = types.void(types.FunctionType(FORWARD), *_WHERE, _ROWS, _BLOCK, _ROWS, _ROWS, _BLOCK, _BLOCK, _STRIDED)
_SCAN_BACK = types.void(
    types.FunctionType(BACKWARD),
    *_WHERE,
    _ROWS,
    _BLOCK,
    _ROWS,
    _ROWS,
    _BLOCK,
    _BLOCK,
    _STRIDED,
    _BLOCK,
    types.int64,
    _ROWS,
    _ROWS,
)


@njit(_SCAN, nogil=True, cache=True)
def scan_forward(
    step: Any,
    order: np.ndarray,
    lengths: np.ndarray,
    offsets: np.ndarray,
    reverse: bool,
    z: np.ndarray,
    recurrent: np.ndarray,
    vectors: np.ndarray,
    mask: np.ndarray,
    states: np.ndarray,
    saved: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """Run the steps of the utterances in ``order``.

    Args:
        step: the cell's `forward` (see `asr.layers.native.cell`).
        order: [n] utterances, by falling length.
        lengths: [B].
        offsets: [B] first packed row of each utterance.
        reverse: whether frames are taken from last to first.
        z: [N, >= W] projected input with bias; what the step saves in its place comes out.
        recurrent: weights [R, W] in packed form.
        vectors: [V, H] the cell's own small weights.
        mask: [B, R] factors of what goes into the recurrent product.
        states: [B, S, H] before the first step; after the last one on return.
        saved: [N, S, H] states after each frame are written here.
        outputs: [B, T, H] first state of each frame.
    """
    size, width = len(order), recurrent.shape[1]
    given = np.empty((size, width), np.float32)
    product = np.empty((size, recurrent.shape[0] * recurrent.shape[2] + STAGGER), np.float32)
    running = size
    for s in range(lengths[order[0]] if size else 0):
        while lengths[order[running - 1]] <= s:
            running -= 1
        for k in range(running):
            b = order[k]
            flat, target, factor = states[b].reshape(-1), given[k], mask[b]
            for j in range(width):
                target[j] = flat[j] * factor[j]
            prefetch(z[offsets[b] + (lengths[b] - 1 - s if reverse else s)])
        product[:running] = 0.0
        add_product(given[:running], recurrent, product[:running])
        for k in range(running):
            b = order[k]
            frame = lengths[b] - 1 - s if reverse else s
            row = offsets[b] + frame
            step(z[row], product[k], states[b], saved[row], vectors)
            states[b] = saved[row]
            outputs[b, frame] = saved[row, 0]


@njit(_SCAN_BACK, nogil=True, cache=True)
def scan_backward(
    step_gradient: Any,
    order: np.ndarray,
    lengths: np.ndarray,
    offsets: np.ndarray,
    reverse: bool,
    z: np.ndarray,
    transposed: np.ndarray,
    vectors: np.ndarray,
    mask: np.ndarray,
    initial: np.ndarray,
    saved: np.ndarray,
    d_outputs: np.ndarray,
    d_states: np.ndarray,
    product_first: int,
    d_vectors: np.ndarray,
    inputs: np.ndarray,
) -> None:
    """Run the steps of `scan_forward` from last to first.

    Args:
        step_gradient: the cell's `backward`.
        order: [n] utterances, by falling length.
        lengths: [B].
        offsets: [B] first packed row of each utterance.
        reverse: whether frames were taken from last to first.
        z: [N, ·] what the steps saved; the gradient of the projected input comes out (and of the recurrent product:
            see ``product_first``).
        transposed: recurrent weights transposed, [W, R], in packed form.
        vectors: [V, H] the cell's own small weights.
        mask: [B, R] factors of what went into the recurrent product.
        initial: [B, S, H] states before the first step.
        saved: [N, S, H] states after each frame.
        d_outputs: [B, T, H].
        d_states: [B, S, H] gradient of the last states; of the initial ones on return.
        product_first: column of ``z`` where the gradient of the recurrent product starts.
        d_vectors: [V, H] is added to.
        inputs: [N, R] what the recurrent weights multiplied at each frame is written here.
    """
    size, width = len(order), transposed.shape[1]
    num_states, units = saved.shape[1:]
    d_product = np.empty((size, width), np.float32)
    d_given = np.empty((size, transposed.shape[0] * transposed.shape[2] + STAGGER), np.float32)
    d_after = np.empty((num_states, units), np.float32)
    running = 0
    for s in range((lengths[order[0]] if size else 0) - 1, -1, -1):
        while running < size and lengths[order[running]] > s:
            running += 1
        for k in range(running):
            b = order[k]
            frame = lengths[b] - 1 - s if reverse else s
            row = offsets[b] + frame
            before = initial[b] if s == 0 else saved[row + 1 if reverse else row - 1]
            d_after[:] = d_states[b]
            d_after[0] += d_outputs[b, frame]
            flat, target, factor = before.reshape(-1), inputs[row], mask[b]
            for j in range(len(target)):
                target[j] = flat[j] * factor[j]
            step_gradient(z[row], before, saved[row], d_after, d_states[b], vectors, d_vectors)
            d_product[k] = z[row, product_first : product_first + width]
            if s > 0:
                ahead = row + 1 if reverse else row - 1
                prefetch(z[ahead])
        d_given[:running] = 0.0
        add_product(d_product[:running], transposed, d_given[:running])
        for k in range(running):
            b = order[k]
            flat, source, factor = d_states[b].reshape(-1), d_given[k], mask[b]
            for j in range(len(factor)):
                flat[j] += source[j] * factor[j]
