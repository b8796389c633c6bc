"""Recurrent layers as ONNX's operators LSTM, GRU and RNN.

ONNX stacks the blocks of an LSTM in the order i, o, f, c, where ours is i, f, g, o (`asr.layers.cells.lstm`); it knows
peepholes, and activations may be chosen. A gate that a cell leaves out is 1: here it has weights of zero and a bias so
large that its sigmoid is 1 in float32. A forget gate coupled to the input gate is 1 - sigmoid(z_i) = sigmoid(-z_i): the
input gate's weights with the other sign. Blocks of a GRU stand in the same order in both, u as z and n as h.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asr.errors import ConfigError
from asr.export.graph import Graph
from asr.export.sequence import Sequence
from asr.layers.cells.cell import Cell
from asr.layers.cells.gru import GRUCell, GRUResetBeforeCell
from asr.layers.cells.lstm import LSTMCell
from asr.layers.cells.rnn import RNNCell
from asr.layers.cells.table import CELLS, find_cell

_ONNX_GATES, _ONNX_PEEPHOLES = "iofg", "iof"
_OPEN = 40.0  # sigmoid(40) is 1 in float32


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A recurrent layer as ONNX has it; D directions, G blocks. Weights are names of values in the graph.

    Attributes:
        name: of the operator.
        kernel: [D, F, G * H].
        recurrent_kernel: [D, H, G * H].
        bias: [D, 2 * G * H], of the input and of the recurrent product.
        peepholes: [D, 3 * H] in the order i, o, f, or None.
        attributes: of the node.
    """

    name: str
    kernel: str
    recurrent_kernel: str
    bias: str
    peepholes: str | None
    attributes: Mapping[str, Any]


def check_cell(name: str) -> None:
    """Check that ONNX has an operator for a cell.

    Raises:
        ConfigError: it has none, or there is no such cell.
    """
    if _converter(find_cell(name)) is None:
        able = ", ".join(other for other, cell in CELLS.items() if _converter(cell))
        raise ConfigError(f"model.cell = {name!r}: ONNX has no operator for it, only for {able}: use --runtime keras")


def recurrent(graph: Graph, x: Sequence, name: str, layer: Any) -> tuple[Sequence, list[tuple[str, str]]]:
    """Return [T, B, D * H] of a `asr.layers.recurrent.Recurrent` layer, zeros past a length.

    A layer of one direction takes its states from inputs of the graph, made here.

    Returns:
        The outputs; and for one direction, pairs of the input's name and the value after each utterance's last frame.

    Raises:
        ConfigError: ONNX has no operator for the cell.
    """
    check_cell(layer.cell)
    converted = _converter(CELLS[layer.cell])
    assert converted is not None  # `check_cell`
    operator = converted(graph, CELLS[layer.cell], layer)
    states = ["h", "c"] if operator.name == "LSTM" else ["h"]
    initial = [] if layer.bidirectional else [f"{name}.{state}" for state in states]
    for state in initial:
        graph.input(state, np.float32, (1, "batch", layer.units))
    inputs = [
        x.name,
        _outputs_first(graph, operator.kernel),
        _outputs_first(graph, operator.recurrent_kernel),
        operator.bias,
        x.lengths,
        *(initial or [""] * len(states)),
    ]
    if operator.peepholes is not None:
        inputs.append(operator.peepholes)
    while not inputs[-1]:
        inputs.pop()
    outputs, *last = graph.add_several(
        operator.name,
        1 + len(initial),
        *inputs,
        hidden_size=layer.units,
        direction="bidirectional" if layer.bidirectional else "forward",
        **operator.attributes,
    )
    beside = graph.add("Transpose", outputs, perm=[0, 2, 1, 3])  # [T, B, D, H]
    features = layer.directions * layer.units
    joined = graph.add("Reshape", beside, graph.integers(0, 0, features))
    return replace(x, name=joined, features=features), list(zip(initial, last, strict=True))


def _outputs_first(graph: Graph, kernel: str) -> str:
    """Return a kernel [D, inputs, outputs] as ONNX has axes."""
    return graph.add("Transpose", kernel, perm=[0, 2, 1])


def _converter(cell: Cell) -> Callable[[Graph, Any, Any], Operator] | None:
    """Return what makes an operator of a graph, a cell and a layer; None where ONNX has none."""
    if isinstance(cell, LSTMCell):
        return None if cell.parts.full_gate_recurrence else _lstm
    converters = {GRUCell: _gru, GRUResetBeforeCell: _gru, RNNCell: _rnn}
    return converters.get(type(cell))


def _lstm(graph: Graph, cell: LSTMCell, layer: Any) -> Operator:
    parts = cell.parts

    def ordered(weights: str, wanted: str = _ONNX_GATES, missing: float = 0.0) -> str:
        there = "".join(gate for gate in parts.blocks if gate in wanted)
        return _reordered(graph, weights, there, wanted, coupled=parts.coupled, missing=missing)

    peepholes = None
    if parts.peepholes:
        joined = graph.add("Reshape", graph.variable(layer.vectors), graph.integers(0, -1))  # [D, N * H]
        peepholes = ordered(joined, _ONNX_PEEPHOLES)
    return Operator(
        name="LSTM",
        kernel=ordered(graph.variable(layer.kernel)),
        recurrent_kernel=ordered(graph.variable(layer.recurrent_kernel)),
        bias=_of_both(graph, ordered(graph.variable(layer.bias), missing=_OPEN)),
        peepholes=peepholes,
        attributes=_activations(cell, layer.directions),
    )


def _reordered(graph: Graph, weights: str, there: str, wanted: str, *, coupled: bool, missing: float) -> str:
    """Return weights [..., G * H] of the gates ``there`` as those of the gates that are ``wanted``.

    Args:
        graph: to add to.
        weights: the value's name.
        there: a letter for each block, in order.
        wanted: likewise.
        coupled: whether the forget gate has the input gate's weights with the other sign.
        missing: what stands everywhere in the block of a gate that is not there.
    """
    gates = dict(zip(there, graph.add_several("Split", len(there), weights, axis=-1), strict=True))
    if coupled:
        gates["f"] = graph.add("Neg", gates["i"])
    if not gates.keys() >= set(wanted):
        absent = _filled(graph, gates[there[0]], missing)
        gates = dict.fromkeys(wanted, absent) | gates
    return graph.add("Concat", *(gates[gate] for gate in wanted), axis=-1)


def _activations(cell: LSTMCell, directions: int) -> dict[str, Any]:
    """Return the attributes of an LSTM whose block input or output passes through no tanh; none where both do."""
    parts = cell.parts
    if parts.input_activation and parts.output_activation:
        return {}
    names = ["Sigmoid", *("Tanh" if there else "Affine" for there in (parts.input_activation, parts.output_activation))]
    factors = [1.0] * names.count("Affine")
    return {
        "activations": names * directions,
        "activation_alpha": factors * directions,
        "activation_beta": [0.0] * len(factors) * directions,
    }


def _gru(graph: Graph, cell: GRUCell | GRUResetBeforeCell, layer: Any) -> Operator:
    bias = graph.variable(layer.bias)
    both = _of_both(graph, bias)
    resets_after = isinstance(cell, GRUCell)
    if resets_after:  # the last block has a bias of its own in the recurrent product
        update_and_reset, _ = graph.add_several("Split", 2, bias, graph.integers(2 * layer.units, layer.units), axis=-1)
        own = graph.add("Reshape", graph.variable(layer.vectors), graph.integers(0, -1))  # [D, H]
        both = graph.add("Concat", bias, _filled(graph, update_and_reset, 0.0), own, axis=-1)
    return Operator(
        name="GRU",
        kernel=graph.variable(layer.kernel),
        recurrent_kernel=graph.variable(layer.recurrent_kernel),
        bias=both,
        peepholes=None,
        attributes={"linear_before_reset": int(resets_after)},
    )


def _rnn(graph: Graph, cell: RNNCell, layer: Any) -> Operator:
    return Operator(
        name="RNN",
        kernel=graph.variable(layer.kernel),
        recurrent_kernel=graph.variable(layer.recurrent_kernel),
        bias=_of_both(graph, graph.variable(layer.bias)),
        peepholes=None,
        attributes={},
    )


def _of_both(graph: Graph, bias: str) -> str:
    """Return a bias [D, G * H] beside the zeros of the recurrent product's."""
    return graph.add("Concat", bias, _filled(graph, bias, 0.0), axis=-1)


def _filled(graph: Graph, like: str, value: float) -> str:
    """Return an array of the same shape in which one value stands everywhere."""
    return graph.add("Add", graph.add("Mul", like, graph.scalar(0.0)), graph.scalar(value))
