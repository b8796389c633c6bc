"""Long short-term memory in which each step's values are normalised over the units.

    z = N(W x + b; a_z) + N(R h'; a_q) + k       N(v; a) = a . (v - mean(v)) / sqrt(variance(v) + 1e-5)
    c = sigmoid(z_f) . c' + sigmoid(z_i) . tanh(z_g)
    h = sigmoid(z_o) . tanh(N(c; a_c) + k_c)

h', c' are of the step before; a are gains and k biases by unit; mean and variance are those of one utterance's values
at one step: over all four blocks together in the first line. k is the forget gate's 1 at the start. Source: Ba, Kiros &
Hinton, "Layer Normalization", arXiv:1607.06450, equations 20-22.
"""

from collections.abc import Mapping, Sequence

from asr.layers.cells.cell import Cell
from asr.layers.tensor import Tensor, ops

_EPSILON = 1e-5
_GATES = "ifgo"


class LayerNormLSTMCell(Cell):
    """The cell above; states are h and c."""

    blocks = 4
    num_states = 2
    vectors: Mapping[str, float] = {
        **{f"input_gain_{gate}": 1.0 for gate in _GATES},
        **{f"recurrent_gain_{gate}": 1.0 for gate in _GATES},
        **{f"bias_{gate}": 1.0 if gate == "f" else 0.0 for gate in _GATES},
        "cell_gain": 1.0,
        "cell_bias": 0.0,
    }

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return [h, c]; see `Cell.step`."""
        vectors = weights["vectors"]
        i, f, g, o = ops.split(_summed(z, given, weights), 4, axis=-1)
        c = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(g)
        squashed = ops.tanh(vectors[:, 12][:, None] * _normalised(c) + vectors[:, 13][:, None])
        return [ops.sigmoid(o) * squashed, c]

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return forget, input and output gates; see `Cell.gates`."""
        i, f, _, o = ops.split(ops.sigmoid(_summed(z, given, weights)), 4, axis=-1)
        return {"forget gate": f, "input gate": i, "output gate": o}


def _summed(z: Tensor, given: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """Return the first line of the equations [D, B, 4 * H]."""
    vectors = weights["vectors"]
    gain_z, gain_q, bias = (ops.reshape(vectors[:, k : k + 4], (vectors.shape[0], 1, -1)) for k in (0, 4, 8))
    return gain_z * _normalised(z) + gain_q * _normalised(ops.matmul(given, weights["recurrent_kernel"])) + bias


def _normalised(values: Tensor) -> Tensor:
    mean = ops.mean(values, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(values - mean), axis=-1, keepdims=True)
    return (values - mean) * ops.rsqrt(variance + _EPSILON)
