"""Runs a compiled layer without any framework and saves all that it gives: python layer_program.py OUTPUT.npz."""

import sys

import numpy as np

from asr.layers.cells.table import CELLS
from asr.layers.native.layer import Inputs, backward, forward, input_gradient
from asr.layers.native.microkernel import PANEL

UNITS, FEATURES, FRAMES, LENGTHS = 37, 19, 90, np.array([70, 1, 90, 0, 33, 2, 8, 9, 5])


def example(cell: str = "lstm") -> Inputs:
    """Return inputs of two directions of a cell with one recurrent state, with dropout's factors and initial states."""
    rng = np.random.default_rng(0)
    parts = CELLS[cell]
    shapes = {
        "x": (len(LENGTHS), FRAMES, FEATURES),
        "kernel": (2, FEATURES, parts.blocks * UNITS),
        "recurrent": (2, UNITS, parts.blocks * UNITS),
        "bias": (2, parts.blocks * UNITS),
        "vectors": (2, len(parts.vectors), UNITS),
        "initial": (2, len(LENGTHS), parts.num_states, UNITS),
    }
    arrays = {name: (rng.normal(size=shape) * 0.3).astype("float32") for name, shape in shapes.items()}
    mask = 2 * (rng.random((2, len(LENGTHS), UNITS)) < 0.5).astype("float32")
    return Inputs(lengths=LENGTHS, mask=mask, **arrays)


def run(given: Inputs, cell: str = "lstm") -> list[np.ndarray]:
    """Return outputs, last states and all gradients of the sum of their squares."""
    native = CELLS[cell].native
    assert native is not None
    outputs, last, saved = forward(native, given)
    found = backward(native, given, saved, 2 * outputs, 2 * last)
    gradients = [found.kernel, found.recurrent, found.bias, found.vectors, found.initial]
    return [outputs, last, input_gradient(given, saved.z), *gradients]


if __name__ == "__main__":
    np.savez(sys.argv[1], *run(example()), *run(example("gru"), "gru"), panel=PANEL)
