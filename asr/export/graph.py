"""An ONNX graph in the making: nodes are added one by one, and named by number."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET = 17  # the first with layer normalisation; read by ONNX Runtime from 1.12 on
_IR_VERSION = 8  # of the same release


class Graph:
    """Nodes, weights, inputs and outputs; values are known by the names that `add` returns."""

    def __init__(self, variables: Mapping[str, Any] | None = None) -> None:
        """Start with nothing.

        Args:
            variables: of a Keras model, by the names that they have in the graph.
        """
        self._variables = {id(variable): name for name, variable in (variables or {}).items()}
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its one output; an input "" is one that is left out."""
        (output,) = self.add_several(operator, 1, *inputs, **attributes)
        return output

    def add_several(self, operator: str, num_outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node and return the names of its first outputs."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        outputs = [name, *(f"{name}_{number}" for number in range(1, num_outputs))]
        self._nodes.append(helper.make_node(operator, inputs, outputs, name, **attributes))
        return outputs

    def variable(self, variable: Any) -> str:
        """Add one of the model's variables as float32, with Keras's order of axes, and return its name."""
        return self.weight(self._variables[id(variable)], np.asarray(variable))

    def weight(self, name: str, values: np.ndarray) -> str:
        """Add weights as float32 and return their name."""
        self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name)
        return name

    def integers(self, *values: int) -> str:
        """Return the name of a constant [N] int64; equal ones are one."""
        name = "integers_" + "_".join(str(value) for value in values)
        self._weights[name] = numpy_helper.from_array(np.array(values, np.int64), name)
        return name

    def scalar(self, value: float, kind: type = np.float32) -> str:
        """Return the name of a constant without dimensions; equal ones are one."""
        name = f"{np.dtype(kind).name}_{value}"
        self._weights[name] = numpy_helper.from_array(np.array(value, kind), name)
        return name

    def input(self, name: str, kind: type, shape: Sequence[int | str]) -> str:
        """Declare an input; sizes that may vary are named."""
        self._inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Declare a float32 value as an output of that name."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, metadata: Mapping[str, str]) -> onnx.ModelProto:
        """Return the whole, checked by ONNX's own rules."""
        graph = helper.make_graph(self._nodes, "asr", self._inputs, self._outputs, list(self._weights.values()))
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="keras-asr")
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return model
