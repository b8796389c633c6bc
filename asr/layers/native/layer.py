"""A recurrent layer on NumPy arrays: outputs, states and gradients, with all cores.

The recurrence of an utterance depends on no other, nor one direction on the other: each thread runs some utterances in one
direction and waits for nobody. The products outside the recurrence are cut into rows (input projection and its gradient)
or columns (gradients of the weights).
"""

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from asr.layers.native.cell import NativeCell
from asr.layers.native.microkernel import PANEL, STAGGER, pack, padded
from asr.layers.native.products import outer_products, blocks_of, project, project_back
from asr.layers.native.scan import scan_backward, scan_forward

_FEWEST_ROWS = 4  # of a product in the recurrence: below, reading the weights takes longer than using them


@dataclass(frozen=True)
class Weights:
    """Of one layer; D directions, F features, H units, W projected values, R values that recur, V vectors.

    Attributes:
        kernel: [D, F, W].
        bias: [D, W].
        recurrent: [D, R, W].
        vectors: [D, V, H], V may be 0.
    """

    kernel: np.ndarray
    bias: np.ndarray
    recurrent: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True)
class Saved:
    """What the gradient needs of a pass, a list entry for each direction; see `asr.layers.native.scan`."""

    z: list[np.ndarray]
    states: list[np.ndarray]
    inputs: list[np.ndarray]


@dataclass(frozen=True)
class Gradients:
    """Of `Weights`, in its shapes, of the input [B, T, F] and of the initial states [D, B, S, H]."""

    x: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    recurrent: np.ndarray
    vectors: np.ndarray
    initial: np.ndarray


def forward(
    cell: NativeCell, x: np.ndarray, lengths: np.ndarray, weights: Weights, mask: np.ndarray, initial: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Saved]:
    """Return the outputs [B, T, D * H], zero past a length, the last states [D, B, S, H], and what `backward` needs.

    Args:
        cell: whose steps are taken.
        x: [B, T, F] float32.
        lengths: [B], 0 <= length <= T.
        weights: of the layer.
        mask: [D, B, R] factors of what goes into the recurrent product.
        initial: [D, B, S, H] states before the first step.
    """
    size, frames, features = x.shape
    directions, _, num_states, units = initial.shape
    batch = _Batch.of(lengths, frames)
    rows = x.reshape(size * frames, features)
    width = weights.kernel.shape[2]
    # Products read and write whole panels, from the first projected and from the first recurrent value on.
    columns = max(cell.product_first * units + int(padded(width)), cell.num_saved * units) + STAGGER
    z = [np.empty((batch.num_rows, columns), np.float32) for _ in range(directions)]
    for each in z:
        each[:1, -1] = 0.0
    packed = _in_parallel(pack, [(weights.kernel[d],) for d in range(directions)])
    pieces = [(blocks, rows, packed[d], weights.bias[d], z[d]) for d in range(directions) for blocks in batch.pieces]
    _in_parallel(project, pieces)

    outputs = np.zeros((size, frames, directions, units), np.float32)
    last = initial.copy()
    saved = [np.empty((batch.num_rows, num_states, units), np.float32) for _ in range(directions)]
    inputs = [np.empty((batch.num_rows, weights.recurrent.shape[1]), np.float32) for _ in range(directions)]
    packed = _in_parallel(pack, [(weights.recurrent[d],) for d in range(directions)])
    scans = [
        (cell.forward, order, batch.lengths, batch.offsets, d == 1, z[d], packed[d], weights.vectors[d], mask[d])
        + (last[d], saved[d], inputs[d], outputs[:, :, d])
        for d in range(directions)
        for order in batch.groups(directions)
    ]
    _in_parallel(scan_forward, scans)
    return outputs.reshape(size, frames, -1), last, Saved(z, saved, inputs)


def backward(
    cell: NativeCell,
    x: np.ndarray,
    lengths: np.ndarray,
    weights: Weights,
    mask: np.ndarray,
    initial: np.ndarray,
    saved: Saved,
    d_outputs: np.ndarray,
    d_last: np.ndarray,
) -> Gradients:
    """Return the gradients of what `forward` was given; ``saved`` is used up.

    Args:
        cell: as before, and ``x``, ``lengths``, ``weights``, ``mask``, ``initial``.
        saved: what `forward` returned.
        d_outputs: [B, T, D * H]; what stands past a length is ignored.
        d_last: [D, B, S, H].
    """
    size, frames, features = x.shape
    directions, _, _, units = initial.shape
    batch = _Batch.of(lengths, frames)
    width = weights.kernel.shape[2]
    first = cell.product_first * units
    d_initial = np.array(d_last, np.float32, order="C")
    by_direction = d_outputs.reshape(size, frames, directions, units)

    _use_up(saved)
    packed = _in_parallel(_pack_transposed, [(weights.recurrent[d],) for d in range(directions)])
    groups = batch.groups(directions)
    d_vectors = np.zeros((directions, len(groups), *weights.vectors.shape[1:]), np.float32)
    scans = [
        (cell.backward, order, batch.lengths, batch.offsets, d == 1, saved.z[d], packed[d], weights.vectors[d], mask[d])
        + (initial[d], saved.states[d], by_direction[:, :, d], d_initial[d], first, d_vectors[d, group])
        for d in range(directions)
        for group, order in enumerate(groups)
    ]
    _in_parallel(scan_backward, scans)

    dx = np.zeros((size * frames, int(padded(features))), np.float32)
    packed = _in_parallel(_pack_transposed, [(weights.kernel[d],) for d in range(directions)])
    for d in range(directions):  # one after the other: both add to the same rows
        _in_parallel(project_back, [(blocks, saved.z[d], packed[d], dx) for blocks in batch.pieces])
    rows = x.reshape(size * frames, features)
    d_kernel, d_recurrent, d_bias = _weight_gradients(batch, rows, saved, directions, width, first)
    dx = dx[:, :features].reshape(size, frames, features)
    return Gradients(np.ascontiguousarray(dx), d_kernel, d_bias, d_recurrent, d_vectors.sum(axis=1), d_initial)


def _weight_gradients(
    batch: "_Batch", rows: np.ndarray, saved: Saved, directions: int, width: int, first: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of kernel [D, F, W], recurrent weights [D, R, W] and bias [D, W]."""
    padded_rows, packed_rows = batch.padded_rows, np.arange(batch.num_rows)
    ranges = _column_ranges(int(padded(width)), max(1, num_threads() // directions))
    sums = [
        (left, where, saved.z[d][:, offset + a : offset + b])
        for d in range(directions)
        for left, where, offset in ((rows, padded_rows, 0), (saved.inputs[d], packed_rows, first))
        for a, b in ranges
    ]
    found = _in_parallel(outer_products, sums)
    parts = [np.concatenate(found[k : k + len(ranges)], axis=1) for k in range(0, len(found), len(ranges))]
    d_kernel, d_recurrent = (np.stack(parts[each::2])[:, :, :width] for each in (0, 1))
    d_bias = np.stack(_in_parallel(_column_sums, [(saved.z[d][:, :width],) for d in range(directions)]))
    return d_kernel, d_recurrent, d_bias


@dataclass(frozen=True)
class _Batch:
    """Where the true frames of a batch lie.

    Attributes:
        lengths: [B] int64.
        offsets: [B] first packed row of each utterance.
        blocks: [K, 3]; see `asr.layers.native.products`.
    """

    lengths: np.ndarray
    offsets: np.ndarray
    blocks: np.ndarray

    @classmethod
    def of(cls, lengths: np.ndarray, frames: int) -> "_Batch":
        lengths = np.asarray(lengths, np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        return cls(lengths, offsets, blocks_of(lengths, frames))

    @property
    def num_rows(self) -> int:
        return int(self.lengths.sum())

    @property
    def padded_rows(self) -> np.ndarray:
        """[N] where each packed row is in the padded layout."""
        return np.concatenate([first + np.arange(count) for first, _, count in self.blocks] or [self.offsets[:0]])

    @property
    def pieces(self) -> list[np.ndarray]:
        """The blocks in as many parts of nearly equal work as there are threads."""
        done = np.cumsum(self.blocks[:, 2])
        share = np.searchsorted(done, done[-1] * np.arange(1, num_threads()) / num_threads()) if len(done) else []
        return [piece for piece in np.split(self.blocks, share) if len(piece)]

    def groups(self, directions: int) -> list[np.ndarray]:
        """The utterances by falling length, dealt to the threads that a direction has."""
        order = np.argsort(-self.lengths, kind="stable")
        count = max(1, min(num_threads() // directions, len(order) // _FEWEST_ROWS))
        return [np.ascontiguousarray(order[first::count]) for first in range(count)]


def _use_up(saved: Saved) -> None:
    """Mark what was saved as spent, in a column that nothing else uses.

    Raises:
        RuntimeError: it was spent before; its gradients stand there now, and would silently give others.
    """
    for z in saved.z:
        if len(z) and np.isnan(z[0, -1]):
            raise RuntimeError("the gradient of a recurrent layer was asked for twice: run the layer again before")
        z[:1, -1] = np.nan


def _column_ranges(width: int, parts: int) -> list[tuple[int, int]]:
    """Return ranges of whole panels that cover ``width`` columns, at most ``parts`` of them."""
    edges = [round(part * (width // PANEL) / parts) * PANEL for part in range(parts + 1)]
    return [(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True) if b > a]


def _pack_transposed(matrix: np.ndarray) -> np.ndarray:
    return pack(np.ascontiguousarray(matrix.T))


def _column_sums(matrix: np.ndarray) -> np.ndarray:
    return matrix.sum(axis=0)


def num_threads() -> int:
    """Return how many processors this process may use; OMP_NUM_THREADS sets fewer."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(wanted)) if wanted.isdigit() and int(wanted) else allowed


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, num_threads() - 1), thread_name_prefix="asr-recurrent")


def _in_parallel(function: Callable, arguments: Sequence[tuple]) -> list:
    """Return the function's results for each tuple of arguments; compiled functions run without the interpreter's lock."""
    results: list = [None] * len(arguments)
    waiting = iter(enumerate(arguments))  # shared: who is free takes the next

    def work() -> None:
        for index, each in waiting:
            results[index] = function(*each)

    helpers = [_pool(os.getpid()).submit(work) for _ in range(min(num_threads(), len(arguments)) - 1)]
    work()
    for helper in helpers:
        helper.result()
    return results
