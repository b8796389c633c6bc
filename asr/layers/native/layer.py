"""A recurrent layer on NumPy arrays: outputs, states and gradients, with all cores.

The recurrence of an utterance depends on no other, nor one direction on the other: each thread runs some utterances in
one direction and waits for nobody. The products outside the recurrence are cut into rows (input projection and its
gradient) or columns (gradients of the weights).
"""

import itertools
from dataclasses import dataclass

import numpy as np

from asr.errors import ShapeError
from asr.layers.native.aligned import aligned
from asr.layers.native.cell import NativeCell
from asr.layers.native.microkernel import PANEL, STAGGER, pack, padded
from asr.layers.native.packing import Packing
from asr.layers.native.products import FLOAT32, Products
from asr.layers.native.scan import scan_backward, scan_forward
from asr.layers.native.threads import in_parallel, num_threads


@dataclass(frozen=True)
class Inputs:
    """What a layer is given; float32 but for the lengths.

    Attributes:
        x: [B, T, F].
        lengths: [B], 0 <= length <= T.
        kernel: [D, F, W], W projected values.
        recurrent: [D, R, W], R values that recur.
        bias: [D, W].
        vectors: [D, V, H] the cell's own small weights, V may be 0.
        mask: [D, B, R] factors of what goes into the recurrent product.
        initial: [D, B, S, H] states before the first step.
    """

    x: np.ndarray
    lengths: np.ndarray
    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    vectors: np.ndarray
    mask: np.ndarray
    initial: np.ndarray

    @property
    def directions(self) -> int:
        """D."""
        return len(self.kernel)

    @property
    def width(self) -> int:
        """W."""
        return self.kernel.shape[2]

    @property
    def units(self) -> int:
        """H."""
        return self.initial.shape[3]

    @property
    def rows(self) -> np.ndarray:
        """The input in the padded layout, [B * T, F]."""
        return np.ascontiguousarray(self.x).reshape(-1, self.x.shape[2])  # the compiled products take no other


@dataclass(frozen=True)
class Saved:
    """What the gradient needs of a pass, an entry for each direction; see `asr.layers.native.scan`.

    Attributes:
        z: [N, ·] what the steps saved.
        states: [N, S, H] after each frame.
    """

    z: list[np.ndarray]
    states: list[np.ndarray]


@dataclass(frozen=True)
class Gradients:
    """Of the `Inputs` that have any but x, in their shapes."""

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    vectors: np.ndarray
    initial: np.ndarray


def forward(cell: NativeCell, given: Inputs, products: Products = FLOAT32) -> tuple[np.ndarray, np.ndarray, Saved]:
    """Return the outputs [B, T, D * H], zero past a length, the last states [D, B, S, H], and what `backward` needs.

    Args:
        cell: whose steps are taken.
        given: the layer's inputs and weights.
        products: compute the input projection.

    Raises:
        ShapeError: an array has another shape than `Inputs` says, or a length is not within the frames.
    """
    _check(given)
    size, frames, _ = given.x.shape
    num_states = given.initial.shape[2]
    each_direction = range(given.directions)
    packing = Packing.of(given.lengths, frames)
    z = _projected(cell, given, packing, products)

    outputs = aligned((size, frames, given.directions, given.units))
    for utterance, length in enumerate(packing.lengths):
        outputs[utterance, length:] = 0.0
    last = given.initial.copy()
    states = [aligned((packing.num_rows, num_states, given.units)) for _ in each_direction]
    packed = in_parallel(pack, [(matrix,) for matrix in given.recurrent])
    scans = [
        (
            *(cell.forward, order, packing.lengths, packing.offsets, d == 1),
            *(z[d], packed[d], given.vectors[d], given.mask[d]),
            *(last[d], states[d], outputs[:, :, d]),
        )
        for d in each_direction
        for order in packing.groups(given.directions)
    ]
    in_parallel(scan_forward, scans)
    return outputs.reshape(size, frames, given.directions * given.units), last, Saved(z, states)


def _check(given: Inputs) -> None:
    """Compare every shape with the weights': compiled loops would read and write past an array's end.

    Raises:
        ShapeError: one differs.
    """
    directions, features, _ = given.kernel.shape
    size, units = len(given.x), given.vectors.shape[2]
    shapes = {
        "input": (given.x.shape, (size, given.x.shape[1] if given.x.ndim == 3 else "T", features)),
        "lengths": (given.lengths.shape, (size,)),
        "recurrent_mask": (given.mask.shape, (directions, size, given.recurrent.shape[1])),
        "initial_states": (given.initial.shape, (directions, size, given.initial.shape[2], units)),
    }
    for name, (found, expected) in shapes.items():
        if found != expected:
            raise ShapeError(f"{name} of a recurrent layer has shape {list(found)}: give {list(expected)}")


def _projected(cell: NativeCell, given: Inputs, packing: Packing, products: Products) -> list[np.ndarray]:
    """Return x @ kernel + bias of the packed rows of each direction, in arrays with room for what the steps save."""
    # Products read and write whole panels, from the first projected and from the first recurrent value on.
    width = max(cell.product_first * given.units + int(padded(given.width)), cell.num_saved * given.units)
    z = [aligned((packing.num_rows, width + STAGGER)) for _ in range(given.directions)]
    for each in z:
        each[:1, -1] = 0.0  # see `_use_up`
    packed = in_parallel(products.pack, [(matrix,) for matrix in given.kernel])
    pieces = [
        (blocks, given.rows, packed[d], given.bias[d], z[d])
        for d in range(given.directions)
        for blocks in packing.pieces
    ]
    in_parallel(products.project, pieces)
    return z


def backward(
    cell: NativeCell,
    given: Inputs,
    saved: Saved,
    d_outputs: np.ndarray,
    d_last: np.ndarray,
    products: Products = FLOAT32,
) -> Gradients:
    """Return the gradients of what `forward` was given but of x, which `input_gradient` returns.

    Args:
        cell: as before.
        given: as before.
        saved: what `forward` returned; gradients take its place.
        d_outputs: [B, T, D * H]; what stands past a length is ignored.
        d_last: [D, B, S, H].
        products: compute the gradients of both matrices.

    Raises:
        RuntimeError: ``saved`` was used before.
    """
    _use_up(saved)
    size, frames, _ = given.x.shape
    packing = Packing.of(given.lengths, frames)
    first = cell.product_first * given.units
    d_initial = np.array(d_last, np.float32, order="C")
    by_direction = d_outputs.reshape(size, frames, given.directions, given.units)
    groups = packing.groups(given.directions)
    d_vectors = np.zeros((given.directions, len(groups), *given.vectors.shape[1:]), np.float32)
    inputs = [np.empty((packing.num_rows, given.recurrent.shape[1]), np.float32) for _ in range(given.directions)]
    packed = in_parallel(_pack_transposed, [(matrix,) for matrix in given.recurrent])
    scans = [
        (
            *(cell.backward, order, packing.lengths, packing.offsets, d == 1),
            *(saved.z[d], packed[d], given.vectors[d], given.mask[d]),
            *(
                given.initial[d],
                saved.states[d],
                by_direction[:, :, d],
                d_initial[d],
                first,
                d_vectors[d, group],
                inputs[d],
            ),
        )
        for d in range(given.directions)
        for group, order in enumerate(groups)
    ]
    in_parallel(scan_backward, scans)

    d_kernel = _weight_gradient(products, given.rows, packing.padded_rows, saved.z, 0, given.width)
    d_recurrent = _weight_gradient(products, inputs, np.arange(packing.num_rows), saved.z, first, given.width)
    d_bias = np.stack(in_parallel(_column_sums, [(z[:, : given.width],) for z in saved.z]))
    return Gradients(d_kernel, d_recurrent, d_bias, d_vectors.sum(axis=1), d_initial)


def input_gradient(given: Inputs, dz: list[np.ndarray], products: Products = FLOAT32) -> np.ndarray:
    """Return the gradient of x, [B, T, F]: apart, for the first layer of a model has no use for it.

    Args:
        given: as before.
        dz: what `backward` left in ``saved.z``.
        products: compute it.
    """
    size, frames, features = given.x.shape
    packing = Packing.of(given.lengths, frames)
    dx = aligned((size * frames, int(padded(features))))
    dx[...] = 0.0
    transposed = [(np.ascontiguousarray(matrix.T),) for matrix in given.kernel]
    packed = in_parallel(products.pack, transposed)
    for d in range(given.directions):  # one after the other: both add to the same rows
        in_parallel(
            products.project_back, [(blocks, dz[d][:, : given.width], packed[d], dx) for blocks in packing.pieces]
        )
    return np.ascontiguousarray(dx[:, :features]).reshape(size, frames, features)


def _weight_gradient(
    products: Products,
    left: np.ndarray | list[np.ndarray],
    rows: np.ndarray,
    dz: list[np.ndarray],
    first: int,
    width: int,
) -> np.ndarray:
    """Return the sum of outer products of ``left``'s rows with columns first to first + width of dz, [D, ·, W]."""
    directions = len(dz)
    lefts = left if isinstance(left, list) else [left] * directions
    ranges = _column_ranges(int(padded(width)), max(1, num_threads() // directions))
    sums = [(lefts[d], rows, dz[d][:, first + a : first + b]) for d in range(directions) for a, b in ranges]
    found = in_parallel(products.outer_products, sums)
    parts = [np.concatenate(found[k : k + len(ranges)], axis=1) for k in range(0, len(found), len(ranges))]
    return np.ascontiguousarray(np.stack(parts)[:, :, :width])


def _use_up(saved: Saved) -> None:
    """Mark what was saved as spent, in a column that nothing else uses.

    Raises:
        RuntimeError: it was spent before: gradients stand there now, and would silently give others.
    """
    for z in saved.z:
        if len(z) and np.isnan(z[0, -1]):
            raise RuntimeError("the gradient of a recurrent layer was asked for twice: run the layer again before")
        z[:1, -1] = np.nan


def _column_ranges(width: int, parts: int) -> list[tuple[int, int]]:
    """Return ranges of whole panels that cover ``width`` columns, at most ``parts`` of them."""
    edges = [round(part * (width // PANEL) / parts) * PANEL for part in range(parts + 1)]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


def _pack_transposed(matrix: np.ndarray) -> np.ndarray:
    return pack(np.ascontiguousarray(matrix.T))


def _column_sums(matrix: np.ndarray) -> np.ndarray:
    return matrix.sum(axis=0)
