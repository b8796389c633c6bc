"""What a graph computes from nothing but its weights, computed beforehand.

`asr.export.network` puts weights into ONNX's order by nodes, so that a graph can also use weights that lie in a file of
Keras's order (`asr.export.external`); ONNX Runtime computes such nodes once, when it loads the graph. A graph that
holds its weights itself has them ready.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model without the nodes that depend on no input, with their results as weights."""
    graph = model.graph
    known = {tensor.name for tensor in graph.initializer}
    constant, rest = [], []
    for node in graph.node:
        if all(name in known for name in node.input if name):
            constant.append(node)
            known.update(node.output)
        else:
            rest.append(node)
    used = {name for node in rest for name in node.input}
    wanted = sorted({name for node in constant for name in node.output} & used)
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.node[:], result.graph.initializer[:]
    result.graph.node.extend(rest)
    result.graph.initializer.extend([*kept, *_computed(model, constant, wanted)])
    return result


def _computed(model: onnx.ModelProto, nodes: list[onnx.NodeProto], wanted: list[str]) -> list[onnx.TensorProto]:
    """Return the values of that name, which nodes compute from the model's weights."""
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in wanted]
    graph = helper.make_graph(nodes, "weights", [], outputs, list(model.graph.initializer))
    alone = helper.make_model(graph, opset_imports=list(model.opset_import), ir_version=model.ir_version)
    values = ReferenceEvaluator(alone).run(None, {})
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in zip(wanted, values, strict=True)]
