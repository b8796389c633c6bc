"""Long short-term memory whose output is projected to fewer values, which are also all that recurs.

    i, f, g, o, c as in `asr.layers.cells.lstm` without peepholes, with z = W x + R h' + b
    h = P (o . tanh(c))

Fewer values recur than cells remember: a step costs less, and so do the layers above. Source: Sak, Senior & Beaufays,
"Long Short-Term Memory Based Recurrent Neural Network Architectures for Large Vocabulary Speech Recognition",
arXiv:1402.1128.
"""

from collections.abc import Mapping, Sequence

from asr.layers.cells.cell import Cell
from asr.layers.tensor import Tensor, ops


class ProjectedLSTMCell(Cell):
    """The cell above; states are h [P] and c [H]."""

    blocks = 4
    num_states = 2
    forget_block = 1
    projects = True

    def output_size(self, units: int, projection: int | None) -> int:
        """Return P; half the units unless it is given."""
        return projection or max(1, units // 2)

    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return [h, c]; see `Cell.step`."""
        i, f, g, o = ops.split(z + ops.matmul(given, weights["recurrent_kernel"]), 4, axis=-1)
        c = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(g)
        return [ops.matmul(ops.sigmoid(o) * ops.tanh(c), weights["projection"]), c]

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return forget, input and output gates; see `Cell.gates`."""
        i, f, _, o = ops.split(ops.sigmoid(z + ops.matmul(given, weights["recurrent_kernel"])), 4, axis=-1)
        return {"forget gate": f, "input gate": i, "output gate": o}
