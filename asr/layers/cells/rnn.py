"""The vanilla recurrent network, the baseline that forgets.

    h = tanh(z)        z = W x + R h' + b, h' of the step before

Source: Elman, "Finding Structure in Time", Cognitive Science 14(2), 1990.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from asr.compiled import njit
from asr.layers.cells.cell import Cell
from asr.layers.native.activations import FASTMATH, tanh
from asr.layers.native.cell import BACKWARD, FORWARD, NativeCell
from asr.layers.tensor import Tensor, ops


class RNNCell(Cell):
    """The cell above; its state is h."""

    blocks = 1

    @functools.cached_property
    def native(self) -> NativeCell:
        """The compiled step; see `Cell.native`."""
        return _native()

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return [h]; see `Cell.step`."""
        return [ops.tanh(z + ops.matmul(given, weights["recurrent_kernel"]))]


def _native() -> NativeCell:
    @njit(FORWARD, fastmath=FASTMATH, error_model="numpy", cache=True)
    def forward(z: np.ndarray, product: np.ndarray, before: np.ndarray, after: np.ndarray, vectors: np.ndarray) -> None:
        h = after[0]
        for j in range(len(h)):
            h[j] = tanh(z[j] + product[j])

    @njit(BACKWARD, fastmath=FASTMATH, error_model="numpy", cache=True)
    def backward(
        z: np.ndarray,
        before: np.ndarray,
        after: np.ndarray,
        d_after: np.ndarray,
        d_before: np.ndarray,
        vectors: np.ndarray,
        d_vectors: np.ndarray,
    ) -> None:
        h, dh = after[0], d_after[0]
        for j in range(len(h)):
            z[j] = dh[j] * (np.float32(1.0) - h[j] * h[j])
        d_before[:] = np.float32(0.0)

    return NativeCell(forward, backward, num_saved=1)
