"""Self-attention in an ONNX graph; as `asr.layers.attention.AttentionBlock`."""

from dataclasses import replace
from typing import Any

import numpy as np

from asr.export.graph import Graph
from asr.export.norm import normalised
from asr.export.sequence import Sequence, dense, true_frames, zero_padding


def attention(graph: Graph, x: Sequence, name: str, block: Any) -> Sequence:
    """Return [T, B, F] of a block's input [T, B, F]."""
    rows = graph.add("Transpose", zero_padding(graph, x).name, perm=[1, 0, 2])  # [B, T, F]
    attended = _attended(graph, normalised(graph, rows, f"{name}.norm_1", block.norms[0]), x, name, block)
    rows = graph.add("Add", rows, attended)
    inner = _through(graph, normalised(graph, rows, f"{name}.norm_2", block.norms[1]), f"{name}.inner", block.inner)
    outer = _through(graph, graph.add("Relu", inner), f"{name}.outer", block.outer)
    return replace(x, name=graph.add("Transpose", graph.add("Add", rows, outer), perm=[1, 0, 2]))


def _attended(graph: Graph, rows: str, x: Sequence, name: str, block: Any) -> str:
    heads, each = block.heads, x.features // block.heads
    projected = _through(graph, rows, f"{name}.projection", block.projection)
    parts = graph.add("Reshape", projected, graph.integers(0, 0, 3 * heads, each))
    by_head = graph.add("Transpose", parts, perm=[0, 2, 1, 3])  # [B, 3 * heads, T, each]
    query, key, value = graph.add_several("Split", 3, by_head, axis=1)
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    scores = graph.add("Mul", scores, graph.scalar(each**-0.5))
    seen = graph.add("Unsqueeze", true_frames(graph, rows, 1, x.lengths), graph.integers(1, 2))
    weights = graph.add("Softmax", graph.add("Where", seen, scores, graph.scalar(-1e9)), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", mixed, graph.integers(0, 0, x.features))
    return _through(graph, joined, f"{name}.mixing", block.mixing)


def _through(graph: Graph, x: str, name: str, layer: Any) -> str:
    """Return ``x`` through a Keras linear layer, without its activation."""
    return dense(graph, x, name, np.asarray(layer.kernel), np.asarray(layer.bias) if layer.use_bias else None)
