"""The large products of a recurrent layer, over the true frames alone, in pieces that several threads share.

Padded and packed rows, and blocks of them: `asr.layers.native.packing`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from asr.compiled import njit
from asr.layers.native.microkernel import PANEL, add_panel, add_product, pack

_DEPTH = 128  # rows that one pass of a sum of outer products takes: a tile's share of them stays in the nearest cache
_TILE = 8


@dataclass(frozen=True)
class Products:
    """The functions of one arithmetic; arrays go in and come out as float32, but for the packed form.

    Attributes:
        pack: a matrix [K, W] to the packed form that the next two take.
        project: as `project`.
        project_back: as `project_back`.
        outer_products: as `outer_products`.
    """

    pack: Callable[[np.ndarray], np.ndarray]
    project: Callable[..., None]
    project_back: Callable[..., None]
    outer_products: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@njit(nogil=True, cache=True)
def project(blocks: np.ndarray, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, z: np.ndarray) -> None:
    """Write x @ kernel + bias to the packed rows of ``z``.

    Args:
        blocks: [K, 3] the rows to do.
        x: [B * T, F] padded.
        packed: the kernel [F, W] in packed form.
        bias: [W].
        z: [N, >= padded(W)].
    """
    width = packed.shape[0] * PANEL
    for k in range(len(blocks)):
        source, target, rows = blocks[k]
        out = z[target : target + rows, :width]
        out[:, : len(bias)] = bias
        out[:, len(bias) :] = 0.0
        add_product(x[source : source + rows], packed, out)


@njit(nogil=True, cache=True)
def project_back(blocks: np.ndarray, dz: np.ndarray, packed: np.ndarray, dx: np.ndarray) -> None:
    """Add dz @ kernel^T to the padded rows of ``dx``.

    Args:
        blocks: [K, 3] the rows to do.
        dz: [N, W], rows contiguous.
        packed: the transposed kernel [W, F] in packed form.
        dx: [B * T, padded(F)].
    """
    for k in range(len(blocks)):
        target, source, rows = blocks[k]
        add_product(dz[source : source + rows], packed, dx[target : target + rows])


@njit(nogil=True, cache=True)
def outer_products(left: np.ndarray, rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the sum of left^T right over all rows, [F, PANEL * n].

    Args:
        left: [·, F], rows contiguous.
        rows: [N] where each row is in ``left``.
        right: [N, PANEL * n] packed rows.
    """
    features, columns = left.shape[1], right.shape[1]
    lefts = np.zeros(((features + _TILE - 1) // _TILE, _DEPTH, _TILE), np.float32)
    sums = np.zeros((columns // PANEL, features, PANEL), np.float32)
    for first in range(0, len(rows), _DEPTH):
        depth = min(_DEPTH, len(rows) - first)
        for k in range(depth):
            row = left[rows[first + k]]
            for tile in range(features // _TILE):
                for j in range(_TILE):
                    lefts[tile, k, j] = row[tile * _TILE + j]
            for j in range(features // _TILE * _TILE, features):
                lefts[len(lefts) - 1, k, j % _TILE] = row[j]
        _add_tiles(lefts, right[first : first + depth], sums)
    out = np.empty((features, columns), np.float32)
    for panel in range(len(sums)):
        out[:, panel * PANEL : (panel + 1) * PANEL] = sums[panel]
    return out


@njit(nogil=True, cache=True)
def _add_tiles(lefts: np.ndarray, right: np.ndarray, sums: np.ndarray) -> None:
    features = sums.shape[1]
    for panel in range(len(sums)):
        columns = right[:, panel * PANEL :].ctypes.data
        for tile in range(len(lefts)):
            first = tile * _TILE
            add_panel(
                lefts[tile].ctypes.data,
                1,
                _TILE,
                min(_TILE, features - first),
                columns,
                right.strides[0] // 4,
                len(right),
                sums[panel, first:].ctypes.data,
                PANEL,
            )


FLOAT32 = Products(pack, project, project_back, outer_products)
