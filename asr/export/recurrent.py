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

_ONNX_GATES = "iofg"
_OPEN = 40.0  # sigmoid(40) is 1 in float32


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A recurrent layer as ONNX has it; D directions, G blocks.

    Attributes:
        name: of the operator.
        kernel: [D, G * H, F].
        recurrent_kernel: [D, G * H, H].
        bias: [D, 2 * G * H], of the input and of the recurrent product.
        peepholes: [D, 3 * H] in the order i, o, f, or None.
        attributes: of the node.
    """

    name: str
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    peepholes: np.ndarray | None
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
    operator = converted(CELLS[layer.cell], _weights(layer))
    states = ["h", "c"] if operator.name == "LSTM" else ["h"]
    initial = [] if layer.bidirectional else [f"{name}.{state}" for state in states]
    for state in initial:
        graph.input(state, np.float32, (1, "batch", layer.units))
    inputs = [
        x.name,
        graph.weight(f"{name}.W", operator.kernel),
        graph.weight(f"{name}.R", operator.recurrent_kernel),
        graph.weight(f"{name}.B", operator.bias),
        x.lengths,
        *(initial or [""] * len(states)),
    ]
    if operator.peepholes is not None:
        inputs.append(graph.weight(f"{name}.P", operator.peepholes))
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


def _weights(layer: Any) -> dict[str, np.ndarray]:
    """Return the weights of a layer as ONNX has axes: outputs [G * H] before inputs."""
    kernels = {name: np.asarray(getattr(layer, name)).swapaxes(1, 2) for name in ("kernel", "recurrent_kernel")}
    vectors = {} if layer.vectors is None else {"vectors": np.asarray(layer.vectors)}
    return kernels | {"bias": np.asarray(layer.bias)} | vectors


def _converter(cell: Cell) -> Callable[[Any, dict[str, np.ndarray]], Operator] | None:
    """Return what makes an operator of a cell and its weights; None where ONNX has none."""
    if isinstance(cell, LSTMCell):
        return None if cell.parts.full_gate_recurrence else _lstm
    converters = {GRUCell: _gru, GRUResetBeforeCell: _gru, RNNCell: _rnn}
    return converters.get(type(cell))


def _lstm(cell: LSTMCell, weights: dict[str, np.ndarray]) -> Operator:
    parts, directions = cell.parts, len(weights["bias"])
    blocks = {name: np.split(weights[name], cell.blocks, axis=1) for name in ("kernel", "recurrent_kernel", "bias")}
    gates = {gate: {name: parts[number] for name, parts in blocks.items()} for number, gate in enumerate(parts.blocks)}
    for name, gate in zip(cell.vectors, parts.blocks.replace("g", ""), strict=True) if parts.peepholes else ():
        gates[gate]["peephole"] = weights["vectors"][:, list(cell.vectors).index(name)]
    if parts.coupled:
        gates["f"] = {name: -values for name, values in gates["i"].items()}
    is_open = {name: np.zeros_like(values) for name, values in gates["g"].items()}
    is_open["bias"] += _OPEN
    always = {**is_open, "peephole": np.zeros_like(is_open["bias"])}
    stacked = {
        name: np.concatenate([gates.get(gate, always)[name] for gate in _ONNX_GATES], axis=1)
        for name in ("kernel", "recurrent_kernel", "bias")
    }
    peepholes = None
    if parts.peepholes:
        peepholes = np.concatenate([gates.get(gate, always)["peephole"] for gate in "iof"], axis=1)
    return Operator(
        name="LSTM",
        kernel=stacked["kernel"],
        recurrent_kernel=stacked["recurrent_kernel"],
        bias=_of_both(stacked["bias"]),
        peepholes=peepholes,
        attributes=_activations(cell, directions),
    )


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


def _gru(cell: GRUCell | GRUResetBeforeCell, weights: dict[str, np.ndarray]) -> Operator:
    recurrent_bias = np.zeros_like(weights["bias"])
    resets_after = isinstance(cell, GRUCell)
    if resets_after:
        units = weights["bias"].shape[1] // cell.blocks
        recurrent_bias[:, 2 * units :] = weights["vectors"][:, 0]
    return Operator(
        name="GRU",
        kernel=weights["kernel"],
        recurrent_kernel=weights["recurrent_kernel"],
        bias=np.concatenate([weights["bias"], recurrent_bias], axis=1),
        peepholes=None,
        attributes={"linear_before_reset": int(resets_after)},
    )


def _rnn(cell: RNNCell, weights: dict[str, np.ndarray]) -> Operator:
    return Operator(
        name="RNN",
        kernel=weights["kernel"],
        recurrent_kernel=weights["recurrent_kernel"],
        bias=_of_both(weights["bias"]),
        peepholes=None,
        attributes={},
    )


def _of_both(bias: np.ndarray) -> np.ndarray:
    """Return a bias beside the zeros of the recurrent product's."""
    return np.concatenate([bias, np.zeros_like(bias)], axis=1)
