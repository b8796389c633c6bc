"""What goes on in a recurrent layer over one utterance: its gates, cells and outputs at every frame.

The definition of the cell, step by step; for looking at, not for speed.
"""

import numpy as np

from asr.layers.recurrent import Recurrent
from asr.layers.tensor import Tensor, ops


def watch(layer: Recurrent, x: Tensor) -> dict[str, np.ndarray]:
    """Return what a layer does with an utterance, at the utterance's own frames in either direction.

    Args:
        layer: built.
        x: [T, F] its input, true frames alone; T is at least 1.

    Returns:
        By name [D, T, H] float32: the cell's gates (see `Cell.gates`), ``cell`` of cells that have one, ``output``.
    """
    cell = layer._cell
    weights = _weights(layer)
    frames = ops.cast(x, "float32")
    z = ops.stack([ops.matmul(frames, layer.kernel[d]) + layer.bias[d] for d in range(layer.directions)])
    if layer.bidirectional:
        z = ops.stack([z[0], ops.flip(z[1], axis=0)])
    states = [ops.zeros((layer.directions, 1, width)) for width in layer.state_sizes]
    steps = []
    for step in range(z.shape[1]):
        now = z[:, step][:, None]
        given = ops.concatenate(states[: cell.num_given], axis=-1)
        seen = cell.gates(now, given, states, weights)
        states = cell.step(now, given, states, weights)
        named = {"cell": states[-1]} if cell.num_states > 1 else {}
        steps.append({**seen, **named, "output": states[0]})
    return {name: _in_time([np.asarray(one[name])[:, 0] for one in steps]) for name in steps[0]}


def _in_time(values: list[np.ndarray]) -> np.ndarray:
    """Return [D, T, H] of each step's [D, H], the second direction turned back."""
    found = np.stack(values, axis=1)
    return np.stack([found[0], *(one[::-1] for one in found[1:])])


def _weights(layer: Recurrent) -> dict[str, Tensor]:
    """Return what `Cell.step` reads."""
    names = ("recurrent_kernel", "vectors", "projection")
    there = {name: getattr(layer, name) for name in names if getattr(layer, name) is not None}
    weights = {name: ops.cast(ops.convert_to_tensor(value), "float32") for name, value in there.items()}
    pattern = layer._cell.recurrent_pattern(layer.units)
    return weights if pattern is None else weights | {"recurrent_kernel": weights["recurrent_kernel"] * pattern}
