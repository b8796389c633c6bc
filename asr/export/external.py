"""An ONNX graph whose weights lie in another file, in the types that they have there."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper

from asr.weights_file import StoredArray


def pointing_into(model: onnx.ModelProto, file: str, stored: Mapping[str, StoredArray]) -> onnx.ModelProto:
    """Return a model that reads its weights, all that have a name in ``stored``, from a file beside it.

    What lies there as float16 is cast to float32 by nodes that ONNX Runtime computes once, when it loads the graph.

    Args:
        model: with weights in C order.
        file: name of the file in the model's own folder.
        stored: where each lies.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    own = [tensor for tensor in model.graph.initializer if tensor.name not in stored]
    outside = [tensor.name for tensor in model.graph.initializer if tensor.name in stored]
    kinds = {name: helper.np_dtype_to_tensor_dtype(stored[name].dtype) for name in outside}
    cast = [name for name in outside if kinds[name] != TensorProto.FLOAT]
    nodes = [helper.make_node("Cast", [_as_stored(name)], [name], name, to=TensorProto.FLOAT) for name in cast]
    del graph.initializer[:], graph.node[:]
    graph.node.extend([*nodes, *model.graph.node])
    graph.initializer.extend(own)
    for name in outside:
        placed = _placed(_as_stored(name) if name in cast else name, kinds[name], file, stored[name])
        graph.initializer.append(placed)
    return result


def _as_stored(name: str) -> str:
    return f"{name} as stored"


def _placed(name: str, kind: int, file: str, array: StoredArray) -> onnx.TensorProto:
    """Return a tensor whose values lie in a file."""
    tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
    num_bytes = array.dtype.itemsize
    for size in array.shape:
        num_bytes *= size
    for key, value in {"location": file, "offset": array.offset, "length": num_bytes}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor
