"""The loop over time of any cell on any backend: the definition, differentiated automatically.

What has a faster form does not come here (`asr.layers.recurrent` chooses): compiled steps on CPUs, cuDNN on GPUs.
"""

from collections.abc import Mapping, Sequence

from asr.layers.cells.cell import Cell
from asr.layers.tensor import Tensor, ops


def scan(
    cell: Cell,
    z: Tensor,
    lengths: Tensor,
    weights: Mapping[str, Tensor],
    mask: Tensor | None,
    initial: Sequence[Tensor],
) -> tuple[Tensor, list[Tensor]]:
    """Return the outputs [B, T, D, H], zero past a length, and the states [D, B, ·] after each utterance's last step.

    Direction 0 is at frame s in step s, direction 1 at L-1-s, L the utterance's own length; past L steps a state stays.

    Args:
        cell: whose steps are taken.
        z: [D, B, T, G * H] projected input with bias.
        lengths: [B].
        weights: see `Cell.step`.
        mask: [D, B, H] factors of the output on its way into the recurrent product, or None.
        initial: [D, B, ·] states before the first step.
    """
    frames = ops.shape(z)[2]
    order = _order(lengths, frames)
    in_order = ops.stack([_reordered(z[d], order) if d == 1 else z[d] for d in range(z.shape[0])])
    running = ops.arange(frames, dtype="int32")[:, None] < ops.cast(lengths, "int32")  # [T, B]

    def step(states: tuple[Tensor, ...], inputs: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], ...]:
        z_now, runs = inputs
        given = [states[0] * mask if mask is not None else states[0], *states[1 : cell.num_given]]
        after = cell.step(z_now, ops.concatenate(given, axis=-1), states, weights)
        runs = runs[None, :, None]
        kept = tuple(ops.where(runs, new, old) for new, old in zip(after, states, strict=True))
        return kept, kept  # under TensorFlow what is kept of a step must look like what is carried to the next

    last, every = ops.scan(step, tuple(initial), (ops.transpose(in_order, (2, 0, 1, 3)), running))
    outputs = ops.where(running[:, None, :, None], every[0], ops.zeros_like(every[0]))
    outputs = ops.transpose(outputs, (1, 2, 0, 3))  # [D, B, T, H]
    directions = [_reordered(outputs[d], order) if d == 1 else outputs[d] for d in range(z.shape[0])]
    return ops.stack(directions, axis=2), list(last)


def _order(lengths: Tensor, frames: int) -> Tensor:
    """Return [B, T]: the true frames of each utterance from last to first; padding stays where it is."""
    lengths, positions = ops.cast(lengths, "int32")[:, None], ops.arange(frames, dtype="int32")
    return ops.where(positions < lengths, lengths - 1 - positions, positions)


def _reordered(x: Tensor, order: Tensor) -> Tensor:
    """Return [B, T, F] with the frames of each utterance in the given order."""
    return ops.take_along_axis(x, order[..., None], axis=1)
