"""Long short-term memory, its ancestors and its variants, as one cell with switches.

The cell with everything in it, of which all others leave something out (h', c' of the step before, . by element):

    i = sigmoid(z_i + p_i . c')      input gate             z = W x + R h' + b
    f = sigmoid(z_f + p_f . c')      forget gate
    g = tanh(z_g)                    block input
    c = f . c' + i . g               cell
    o = sigmoid(z_o + p_o . c)       output gate
    h = o . tanh(c)                  output

Blocks of z stand in the order i, f, g, o (as in Keras and PyTorch), those of gates that are left out missing. Sources:

- Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997: no f, no peepholes p;
- Gers, Schmidhuber & Cummins, "Learning to Forget", Neural Computation 12(10), 2000: with f;
- Gers & Schmidhuber, "Recurrent Nets that Time and Count", IJCNN 2000: with peepholes p;
- Greff et al., "LSTM: A Search Space Odyssey", IEEE TNNLS 28(10), 2017: the peephole cell with one thing changed. NIG,
  NFG, NOG: without the input, forget, output gate (it is 1); NIAF, NOAF: block input, output without tanh; CIFG:
  f = 1 - i; NP: no peepholes; FGR: every gate also sees all three gates of the step before, through weights of its own.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asr.compiled import njit
from asr.layers.cells.cell import Cell
from asr.layers.native.activations import FASTMATH, sigmoid, tanh
from asr.layers.native.cell import BACKWARD, FORWARD, NativeCell
from asr.layers.tensor import Tensor, ops


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Which parts an LSTM cell has.

    Attributes:
        input_gate: i; otherwise 1.
        forget_gate: f; otherwise 1.
        output_gate: o; otherwise 1.
        input_activation: the block input passes through tanh.
        output_activation: the cell passes through tanh on its way out.
        coupled: f is 1 - i, without weights of its own.
        peepholes: gates see the cell.
        full_gate_recurrence: gates see the gates of the step before.
    """

    input_gate: bool = True
    forget_gate: bool = True
    output_gate: bool = True
    input_activation: bool = True
    output_activation: bool = True
    coupled: bool = False
    peepholes: bool = False
    full_gate_recurrence: bool = False

    @property
    def blocks(self) -> str:
        """The blocks of z in order, a letter each."""
        there = {"i": self.input_gate, "f": self.forget_gate and not self.coupled, "g": True, "o": self.output_gate}
        return "".join(name for name, is_there in there.items() if is_there)


class LSTMCell(Cell):
    """The cell above with some of its parts.

    States are h and c; with full gate recurrence h, i, f, o and c, of which the first four meet recurrent weights
    [4 * H, 4 * H], where the gates of the step before do not reach g.
    """

    def __init__(self, parts: Parts = Parts()) -> None:
        """Compile nothing yet; sizes follow from the parts."""
        self.parts = parts
        gates = parts.blocks
        self.blocks = len(gates)
        self.num_states, self.num_given = (5, 4) if parts.full_gate_recurrence else (2, 1)
        self.vectors = {f"peephole_{gate}": 0.0 for gate in gates.replace("g", "")} if parts.peepholes else {}
        self.forget_block = gates.index("f") if "f" in gates else None
        self.cudnn = "lstm" if parts == Parts() else None

    @functools.cached_property
    def native(self) -> NativeCell:
        """The compiled step; see `Cell.native`."""
        return NativeCell(_forward(self.parts), _backward(self.parts), num_saved=self.blocks)

    def recurrent_pattern(self, units: int) -> np.ndarray | None:
        """Return where recurrent weights are; see `Cell.recurrent_pattern`."""
        if not self.parts.full_gate_recurrence:
            return None
        pattern = np.ones((4, units, 4, units), "float32")
        pattern[1:, :, self.parts.blocks.index("g")] = 0.0
        return pattern.reshape(4 * units, 4 * units)

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the next states; see `Cell.step`."""
        i, f, o, h, c = self._values(z, given, states, weights)
        return [h, i, f, o, c] if self.parts.full_gate_recurrence else [h, c]

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return forget, input and output gates; one that is left out is 1; see `Cell.gates`."""
        i, f, o, *_ = self._values(z, given, states, weights)
        return {"forget gate": f, "input gate": i, "output gate": o}

    def _values(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> list[Tensor]:
        """Return i, f, o, h, c of a step."""
        parts = self.parts
        z = z + ops.matmul(given, weights["recurrent_kernel"])
        blocks = dict(zip(parts.blocks, ops.split(z, self.blocks, axis=-1), strict=True))
        peepholes = {name: weights["vectors"][:, k][:, None] for k, name in enumerate(self.vectors)}
        before = states[-1]

        def gate(name: str, cell: Tensor) -> Tensor:
            if name not in blocks:
                return ops.ones_like(cell)
            return ops.sigmoid(blocks[name] + (peepholes[f"peephole_{name}"] * cell if parts.peepholes else 0.0))

        i = gate("i", before)
        f = 1.0 - i if parts.coupled else gate("f", before)
        g = ops.tanh(blocks["g"]) if parts.input_activation else blocks["g"]
        c = f * before + i * g
        o = gate("o", c)
        h = o * (ops.tanh(c) if parts.output_activation else c)
        return [i, f, o, h, c]


def _places(parts: Parts) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Return the blocks of i, f, g, o in z, the peepholes of i, f, o (0 where missing), and which state c is."""
    gates = parts.blocks
    peepholes = gates.replace("g", "")
    cell = 4 if parts.full_gate_recurrence else 1
    return (
        tuple(max(0, gates.find(name)) for name in "ifgo"),
        tuple(max(0, peepholes.find(name)) for name in "ifo"),
        cell,
    )


def _forward(parts: Parts) -> Any:
    """Return the compiled step: what is left out costs nothing, for the compiler sees the parts as constants."""
    (at_i, at_f, at_g, at_o), (peep_i, peep_f, peep_o), at_c = _places(parts)
    has_i, has_f, has_o = (name in parts.blocks for name in "ifo")
    peepholes, coupled, gates_recur = parts.peepholes, parts.coupled, parts.full_gate_recurrence
    squash_in, squash_out = parts.input_activation, parts.output_activation
    one = np.float32(1.0)

    @njit(FORWARD, fastmath=FASTMATH, error_model="numpy", cache=True)
    def forward(z: np.ndarray, product: np.ndarray, before: np.ndarray, after: np.ndarray, vectors: np.ndarray) -> None:
        n = before.shape[1]
        zi, zf = z[at_i * n : at_i * n + n], z[at_f * n : at_f * n + n]
        zg, zo = z[at_g * n : at_g * n + n], z[at_o * n : at_o * n + n]
        pi, pf = product[at_i * n : at_i * n + n], product[at_f * n : at_f * n + n]
        pg, po = product[at_g * n : at_g * n + n], product[at_o * n : at_o * n + n]
        h, c, previous = after[0], after[at_c], before[at_c]
        wi, wf, wo = (
            (vectors[peep_i], vectors[peep_f], vectors[peep_o]) if peepholes else (previous, previous, previous)
        )
        for j in range(n):
            i, f, o = one, one, one
            if has_i:
                i = sigmoid(zi[j] + pi[j] + (wi[j] * previous[j] if peepholes else np.float32(0.0)))
                zi[j] = i
            if coupled:
                f = one - i
            elif has_f:
                f = sigmoid(zf[j] + pf[j] + (wf[j] * previous[j] if peepholes else np.float32(0.0)))
                zf[j] = f
            g = tanh(zg[j] + pg[j]) if squash_in else zg[j] + pg[j]
            zg[j] = g
            cell = f * previous[j] + i * g
            c[j] = cell
            if has_o:
                o = sigmoid(zo[j] + po[j] + (wo[j] * cell if peepholes else np.float32(0.0)))
                zo[j] = o
            h[j] = o * (tanh(cell) if squash_out else cell)
            if gates_recur:
                after[1, j], after[2, j], after[3, j] = i, f, o

    return forward


def _backward(parts: Parts) -> Any:
    """Return the compiled gradient of `_forward`'s step."""
    (at_i, at_f, at_g, at_o), (peep_i, peep_f, peep_o), at_c = _places(parts)
    has_i, has_f, has_o = (name in parts.blocks for name in "ifo")
    peepholes, coupled, gates_recur = parts.peepholes, parts.coupled, parts.full_gate_recurrence
    squash_in, squash_out = parts.input_activation, parts.output_activation
    one = np.float32(1.0)

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
        zi, zf = z[at_i * n : at_i * n + n], z[at_f * n : at_f * n + n]
        zg, zo = z[at_g * n : at_g * n + n], z[at_o * n : at_o * n + n]
        c, previous, dh, dc_after, dc_before = after[at_c], before[at_c], d_after[0], d_after[at_c], d_before[at_c]
        if peepholes:
            wi, wf, wo = vectors[peep_i], vectors[peep_f], vectors[peep_o]
            dwi, dwf, dwo = d_vectors[peep_i], d_vectors[peep_f], d_vectors[peep_o]
        else:
            wi, wf, wo, dwi, dwf, dwo = previous, previous, previous, previous, previous, previous
        for j in range(n):
            i = zi[j] if has_i else one
            f = one - i if coupled else (zf[j] if has_f else one)
            o = zo[j] if has_o else one
            g, cell = zg[j], c[j]
            out = tanh(cell) if squash_out else cell
            dc = dc_after[j] + dh[j] * o * (one - out * out if squash_out else one)
            if has_o:
                do = dh[j] * out
                if gates_recur:
                    do += d_after[3, j]
                do *= o * (one - o)
                zo[j] = do
                if peepholes:
                    dc += do * wo[j]
                    dwo[j] += do * cell
            di, df = dc * g, dc * previous[j]
            if gates_recur:
                di += d_after[1, j]
                df += d_after[2, j]
            d_previous = dc * f
            if coupled:
                di -= df
            elif has_f:
                df *= f * (one - f)
                zf[j] = df
                if peepholes:
                    d_previous += df * wf[j]
                    dwf[j] += df * previous[j]
            if has_i:
                di *= i * (one - i)
                zi[j] = di
                if peepholes:
                    d_previous += di * wi[j]
                    dwi[j] += di * previous[j]
            zg[j] = dc * i * (one - g * g if squash_in else one)
            dc_before[j] = d_previous
        d_before[:at_c] = np.float32(0.0)

    return backward
