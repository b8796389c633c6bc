"""The gated recurrent unit, with its reset gate in either place.

    u = sigmoid(z_u + q_u)           update gate           z = W x + b
    r = sigmoid(z_r + q_r)           reset gate            q = R h'
    n = tanh(z_n + r . (q_n + e))    candidate             (reset after the product), or
    n = tanh(z_n + R_n (r . h'))                           (reset before it)
    h = u . h' + (1 - u) . n

h' is of the step before, . is by element; e is a bias of its own. Blocks of z and q stand in the order u, r, n, as in
Keras (whose u is ours). Sources: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder",
arXiv:1406.1078 (reset before); after the product: Chung et al., arXiv:1412.3555, in the form of cuDNN.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from asr.compiled import njit
from asr.layers.cells.cell import Cell
from asr.layers.native.activations import FASTMATH, sigmoid, tanh
from asr.layers.native.cell import BACKWARD, FORWARD, NativeCell
from asr.layers.tensor import Tensor, ops


class GRUCell(Cell):
    """Reset after the product: one product a step, as cuDNN computes it; the state is h."""

    blocks = 3
    vectors: Mapping[str, float] = {"candidate_bias": 0.0}
    cudnn = "gru"

    @functools.cached_property
    def native(self) -> NativeCell:
        """The compiled step; see `Cell.native`."""
        return _native()

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return [h]; see `Cell.step`."""
        zu, zr, zn = ops.split(z, 3, axis=-1)
        qu, qr, qn = ops.split(ops.matmul(given, weights["recurrent_kernel"]), 3, axis=-1)
        u, r = ops.sigmoid(zu + qu), ops.sigmoid(zr + qr)
        n = ops.tanh(zn + r * (qn + weights["vectors"][:, 0][:, None]))
        return [u * states[0] + (1.0 - u) * n]

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return update and reset gate; see `Cell.gates`."""
        product = ops.matmul(given, weights["recurrent_kernel"])
        units = 2 * states[0].shape[-1]
        u, r = ops.split(ops.sigmoid(z[..., :units] + product[..., :units]), 2, axis=-1)
        return {"update gate": u, "reset gate": r}


class GRUResetBeforeCell(Cell):
    """Reset before the product, as first published: two products a step, one after the other; the state is h."""

    blocks = 3

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return [h]; see `Cell.step`."""
        units = states[0].shape[-1]
        gates, candidate = weights["recurrent_kernel"][..., : 2 * units], weights["recurrent_kernel"][..., 2 * units :]
        u, r = ops.split(ops.sigmoid(z[..., : 2 * units] + ops.matmul(given, gates)), 2, axis=-1)
        n = ops.tanh(z[..., 2 * units :] + ops.matmul(r * given, candidate))
        return [u * states[0] + (1.0 - u) * n]

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return update and reset gate; see `Cell.gates`."""
        units = 2 * states[0].shape[-1]
        gates = ops.sigmoid(z[..., :units] + ops.matmul(given, weights["recurrent_kernel"][..., :units]))
        u, r = ops.split(gates, 2, axis=-1)
        return {"update gate": u, "reset gate": r}


def _native() -> NativeCell:
    """Return the compiled step of `GRUCell`.

    What is saved is [u, r, n, q_n + e]. The gradients of z_n and q_n differ, so backward leaves six blocks: dz_u, dz_r,
    dz_n, and dq_u, dq_r, dq_n.
    """

    @njit(FORWARD, fastmath=FASTMATH, error_model="numpy", cache=True)
    def forward(z: np.ndarray, product: np.ndarray, before: np.ndarray, after: np.ndarray, vectors: np.ndarray) -> None:
        n = before.shape[1]
        zu, zr, zn, kept = z[:n], z[n : 2 * n], z[2 * n : 3 * n], z[3 * n : 4 * n]
        qu, qr, qn = product[:n], product[n : 2 * n], product[2 * n : 3 * n]
        bias, previous, h = vectors[0], before[0], after[0]
        for j in range(n):
            u, r = sigmoid(zu[j] + qu[j]), sigmoid(zr[j] + qr[j])
            inner = qn[j] + bias[j]
            candidate = tanh(zn[j] + r * inner)
            zu[j], zr[j], zn[j], kept[j] = u, r, candidate, inner
            h[j] = u * previous[j] + (np.float32(1.0) - u) * candidate

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
        n = before.shape[1]
        one = np.float32(1.0)
        zu, zr, zn = z[:n], z[n : 2 * n], z[2 * n : 3 * n]
        qu, qr, qn = z[3 * n : 4 * n], z[4 * n : 5 * n], z[5 * n : 6 * n]
        previous, dh, dh_before, d_bias = before[0], d_after[0], d_before[0], d_vectors[0]
        for j in range(n):
            u, r, candidate, inner = zu[j], zr[j], zn[j], qu[j]
            dn = dh[j] * (one - u) * (one - candidate * candidate)
            du = dh[j] * (previous[j] - candidate) * u * (one - u)
            dr = dn * inner * r * (one - r)
            zu[j], zr[j], zn[j] = du, dr, dn
            qu[j], qr[j], qn[j] = du, dr, dn * r
            d_bias[j] += dn * r
            dh_before[j] = dh[j] * u

    return NativeCell(forward, backward, num_saved=6, product_first=3)
