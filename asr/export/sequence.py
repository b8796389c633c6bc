"""Padded sequences in an ONNX graph, and what changes their frames: masks, stacking, look-ahead, norms.

Time comes first, [T, B, F], as ONNX's recurrent operators want it. Past an utterance's length anything may stand, until
`zero_padding` is applied; what looks at other frames applies it first. So padding never changes a result.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asr.export.graph import Graph

_END = 2**62  # past any sequence's end


@dataclass(frozen=True)
class Sequence:
    """A value of the graph.

    Attributes:
        name: of the value [T, B, F].
        features: F.
        lengths: name of the true frames [B], int32.
    """

    name: str
    features: int
    lengths: str


def strided_lengths(graph: Graph, lengths: str, stride: int) -> str:
    """Return the lengths [B] after every ``stride``-th frame was kept, or so many were put together."""
    if stride == 1:
        return lengths
    rounded_up = graph.add("Add", lengths, graph.scalar(stride - 1, np.int32))
    return graph.add("Div", rounded_up, graph.scalar(stride, np.int32))


def frame_numbers(graph: Graph, x: str, time_axis: int) -> str:
    """Return 0 .. T - 1 [T] int32; T is ``x``'s size at the axis."""
    size = graph.add("Shape", x, start=time_axis, end=time_axis + 1)
    num_frames = graph.add("Squeeze", graph.add("Cast", size, to=6), graph.integers(0))  # 6: int32
    return graph.add("Range", graph.scalar(0, np.int32), num_frames, graph.scalar(1, np.int32))


def true_frames(graph: Graph, x: str, time_axis: int, lengths: str) -> str:
    """Return booleans [B, T]: whether a frame comes before its utterance's length; T is ``x``'s size at the axis."""
    return graph.add("Less", frame_numbers(graph, x, time_axis), graph.add("Unsqueeze", lengths, graph.integers(1)))


def zero_padding(graph: Graph, x: Sequence) -> Sequence:
    """Return ``x`` with zeros from each utterance's length on."""
    mask = graph.add("Transpose", true_frames(graph, x.name, 0, x.lengths), perm=[1, 0])
    mask = graph.add("Unsqueeze", mask, graph.integers(2))
    return replace(x, name=graph.add("Where", mask, x.name, graph.scalar(0.0)))


def stack_frames(graph: Graph, x: Sequence, factor: int) -> Sequence:
    """Return every ``factor`` frames as one; as `asr.layers.stacking.stack_frames`."""
    if factor == 1:
        return x
    size = graph.add("Shape", x.name, start=0, end=1)
    missing = graph.add("Mod", graph.add("Neg", size), graph.integers(factor))  # as Python's: not negative
    pads = graph.add("Concat", graph.integers(0, 0, 0), missing, graph.integers(0, 0), axis=0)
    whole = graph.add("Pad", zero_padding(graph, x).name, pads)
    rows = graph.add("Transpose", whole, perm=[1, 0, 2])
    features = factor * x.features
    stacked = graph.add("Reshape", rows, graph.integers(0, -1, features))
    name = graph.add("Transpose", stacked, perm=[1, 0, 2])
    return Sequence(name, features, strided_lengths(graph, x.lengths, factor))


def look_ahead(graph: Graph, x: Sequence, layer: Any) -> Sequence:
    """Return each feature's weighted sum over its own frame and the next; as `asr.layers.lookahead.LookAhead`."""
    channels_first = graph.add("Transpose", zero_padding(graph, x).name, perm=[1, 2, 0])  # [B, F, T]
    kernel = graph.add("Transpose", graph.variable(layer.kernel), perm=[1, 0])  # [F, n + 1]
    kernel = graph.add("Unsqueeze", kernel, graph.integers(1))
    summed = graph.add("Conv", channels_first, kernel, group=x.features, pads=[0, layer.num_frames])
    return replace(x, name=graph.add("Transpose", summed, perm=[2, 0, 1]))


def portion(graph: Graph, x: Sequence, kept: str) -> Sequence:
    """Return frames ``kept[0]`` to ``kept[1]`` of a sequence; ``kept`` names an input [2] int64."""
    first, stop = (graph.add("Slice", kept, graph.integers(at), graph.integers(at + 1)) for at in (0, 1))
    name = graph.add("Slice", x.name, first, stop, graph.integers(0))
    lengths = graph.add("Min", graph.add("Cast", x.lengths, to=7), stop)  # 7: int64
    lengths = graph.add("Max", graph.add("Sub", lengths, first), graph.integers(0))
    return replace(x, name=name, lengths=graph.add("Cast", lengths, to=6))


def after_portion(graph: Graph, x: Sequence, before: str) -> Sequence:
    """Return a sequence with the frames of an input [K, B, F] before it."""
    name = graph.add("Concat", before, x.name, axis=0)
    count = graph.add("Cast", graph.add("Shape", before, start=0, end=1), to=6)
    return replace(x, name=name, lengths=graph.add("Add", x.lengths, count))


def last_frames(graph: Graph, x: str, count: int) -> str:
    """Return the last frames of [T, B, F], all where there are fewer."""
    return graph.add("Slice", x, graph.integers(-count), graph.integers(_END), graph.integers(0))


def dense(graph: Graph, x: str, layer: Any) -> str:
    """Return ``x`` [..., F] through a Keras linear layer, without its activation."""
    product = graph.add("MatMul", x, graph.variable(layer.kernel))
    return graph.add("Add", product, graph.variable(layer.bias)) if layer.use_bias else product
