"""Self-attention and positions in an ONNX graph; as `asr.layers.attention`, `attention_input` and `positions`."""

from dataclasses import replace
from typing import Any

import numpy as np

from asr.export.graph import Graph
from asr.export.norm import normalised
from asr.export.sequence import Sequence, dense, frame_numbers, true_frames, zero_padding
from asr.layers.positions import SLOWEST


def attention_input(graph: Graph, x: Sequence, layer: Any) -> Sequence:
    """Return [T, B, units] of frames [T, B, F]; as `asr.layers.attention_input.AttentionInput`."""
    if layer.projection is not None:
        x = replace(x, name=dense(graph, x.name, layer.projection), features=layer.units)
    if not layer.sinusoidal:
        return x
    sine, cosine = _turns(graph, frame_numbers(graph, x.name, 0), x.features // 2)
    added = graph.add("Unsqueeze", graph.add("Concat", sine, cosine, axis=-1), graph.integers(1))
    return replace(x, name=graph.add("Add", x.name, added))


def attention(graph: Graph, x: Sequence, block: Any) -> Sequence:
    """Return [T, B, F] of a block's input [T, B, F]."""
    rows = graph.add("Transpose", zero_padding(graph, x).name, perm=[1, 0, 2])  # [B, T, F]
    attended = _attended(graph, normalised(graph, rows, block.norms[0]), x, block)
    rows = graph.add("Add", rows, attended)
    inner = dense(graph, normalised(graph, rows, block.norms[1]), block.inner)
    outer = dense(graph, graph.add("Relu", inner), block.outer)
    return replace(x, name=graph.add("Transpose", graph.add("Add", rows, outer), perm=[1, 0, 2]))


def _attended(graph: Graph, rows: str, x: Sequence, block: Any) -> str:
    heads, each = block.heads, x.features // block.heads
    projected = dense(graph, rows, block.projection)
    parts = graph.add("Reshape", projected, graph.integers(0, 0, 3 * heads, each))
    by_head = graph.add("Transpose", parts, perm=[0, 2, 1, 3])  # [B, 3 * heads, T, each]
    query, key, value = graph.add_several("Split", 3, by_head, axis=1)
    if block.rotary:
        turns = _turns(graph, frame_numbers(graph, rows, 1), each // 2)
        query, key = _rotated(graph, query, turns), _rotated(graph, key, turns)
    scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
    scores = graph.add("Mul", scores, graph.scalar(each**-0.5))
    seen = graph.add("Unsqueeze", true_frames(graph, rows, 1, x.lengths), graph.integers(1, 2))
    if block.causal:
        places = frame_numbers(graph, rows, 1)
        past = graph.add("LessOrEqual", places, graph.add("Unsqueeze", places, graph.integers(1)))
        seen = graph.add("And", seen, past)
    weights = graph.add("Softmax", graph.add("Where", seen, scores, graph.scalar(-1e9)), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", mixed, graph.integers(0, 0, x.features))
    return dense(graph, joined, block.mixing)


def _turns(graph: Graph, places: str, pairs: int) -> tuple[str, str]:
    """Return sine and cosine [T, pairs] of the angles of frames [T] int32."""
    speeds = graph.weight(f"speeds_{pairs}", SLOWEST ** -(np.arange(pairs) / pairs))
    column = graph.add("Unsqueeze", graph.add("Cast", places, to=1), graph.integers(1))  # 1: float32
    angles = graph.add("Mul", column, speeds)
    return graph.add("Sin", angles), graph.add("Cos", angles)


def _rotated(graph: Graph, x: str, turns: tuple[str, str]) -> str:
    """Return queries or keys [B, heads, T, each], each frame turned by its place."""
    sine, cosine = turns
    first, second = graph.add_several("Split", 2, x, axis=-1)
    turned_first = graph.add("Sub", graph.add("Mul", first, cosine), graph.add("Mul", second, sine))
    turned_second = graph.add("Add", graph.add("Mul", first, sine), graph.add("Mul", second, cosine))
    return graph.add("Concat", turned_first, turned_second, axis=-1)
