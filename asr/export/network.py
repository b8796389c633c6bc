"""An acoustic model as an ONNX graph: `asr.model.AcousticModel.call` once more, in ONNX's own operators."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import onnx

from asr.export.attention import attention, attention_input
from asr.export.graph import Graph
from asr.export.norm import normalised
from asr.export.recurrent import check_cell, recurrent
from asr.export.sequence import (
    Sequence,
    after_portion,
    dense,
    last_frames,
    look_ahead,
    portion,
    stack_frames,
    strided_lengths,
    true_frames,
)
from asr.model import AcousticModel, named_weights
from asr.onnx_model import FRAMES, KEPT, LENGTHS, LOGITS, SEEN


def to_onnx(model: AcousticModel, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return the graph of a model: its weights in float32 as Keras has them, and nodes that put them in ONNX's order.

    Inputs are ``frames`` [B, T, F] normalised and ``lengths`` [B] int32, outputs ``logits`` [B, T', V]; a model of one
    direction also takes the states before its first frame, and gives those after each utterance's last. Where it has no
    attention, it can be given an utterance in portions: `asr.onnx_stream` says how.

    Args:
        model: with the weights that it has now.
        metadata: kept in the file.

    Raises:
        ConfigError: ONNX has no operator for the cell.
    """
    config = model.config
    check_cell(config.cell)
    graph = Graph(named_weights(model))
    graph.input(FRAMES, np.float32, ("batch", "time", model.num_features))
    graph.input(LENGTHS, np.int32, ("batch",))
    x = stack_frames(graph, _front_end(graph, model), config.stack_frames)
    carries = not (config.bidirectional or model.attention)
    if carries:
        x = portion(graph, x, graph.input(KEPT, np.int64, (2,)))
    states: list[tuple[str, str]] = []
    for number, block in enumerate(model.recurrent):
        x, passed_on = _recurrent_block(graph, x, f"recurrent_{number + 1}", block)
        states += passed_on
        x = stack_frames(graph, x, config.pyramid[number] if number < len(config.pyramid) else 1)
    seen = x
    if model.look_ahead is not None:
        seen = after_portion(graph, x, graph.input(SEEN, np.float32, ("seen", "batch", x.features))) if carries else x
        x = look_ahead(graph, seen, model.look_ahead)
    if model.attention_input is not None:
        x = attention_input(graph, x, model.attention_input)
    for block in model.attention:
        x = attention(graph, x, block)
    if model.last_norm is not None:
        x = replace(x, name=normalised(graph, x.name, model.last_norm))
    logits = graph.add("Transpose", dense(graph, x.name, model.output_layer), perm=[1, 0, 2])
    num_classes = model.output_layer.units // config.outputs_per_frame
    if config.outputs_per_frame > 1:  # frames past the batch's output length may come along; they mean nothing
        logits = graph.add("Reshape", logits, graph.integers(0, -1, num_classes))
    graph.output(LOGITS, logits, ("batch", "output_time", num_classes))
    for name, value in states:
        graph.output(f"next_{name}", value, (1, "batch", config.units))
    if carries and model.look_ahead is not None:
        last = last_frames(graph, seen.name, config.look_ahead)
        graph.output(f"next_{SEEN}", last, ("next_seen", "batch", seen.features))
    return graph.model(metadata)


def _front_end(graph: Graph, model: AcousticModel) -> Sequence:
    """Return the frames [T, B, F] after the convolutions."""
    x = graph.add("Unsqueeze", FRAMES, graph.integers(1))  # [B, C, T, F]
    lengths, channels, bands = LENGTHS, 1, model.num_features
    for block in model.front_end:
        x = _conv_block(graph, x, lengths, block)
        lengths = strided_lengths(graph, lengths, block.time_stride)
        channels, bands = block.conv.channels, -(-bands // block.conv.stride[1])
    by_frame = graph.add("Transpose", x, perm=[2, 0, 3, 1])  # [T, B, F, C]
    features = bands * channels
    return Sequence(graph.add("Reshape", by_frame, graph.integers(0, 0, features)), features, lengths)


def _conv_block(graph: Graph, x: str, lengths: str, block: Any) -> str:
    """Return [B, C', T', F'] of ``x`` [B, C, T, F], whose padding is set to zero first."""
    conv = block.conv
    mask = graph.add("Unsqueeze", true_frames(graph, x, 2, lengths), graph.integers(1, 3))
    x = graph.add("Where", mask, x, graph.scalar(0.0))
    weights = [graph.add("Transpose", graph.variable(conv.conv.kernel), perm=[3, 2, 0, 1])]
    if conv.use_bias:
        weights.append(graph.variable(conv.conv.bias))
    around = [size // 2 for size in conv.kernel]
    x = graph.add("Conv", x, *weights, strides=list(conv.stride), pads=around * 2)
    if block.norm is not None:
        channels_last = graph.add("Transpose", x, perm=[0, 2, 3, 1])
        x = graph.add("Transpose", normalised(graph, channels_last, block.norm), perm=[0, 3, 1, 2])
    return graph.add("Relu", x)


def _recurrent_block(graph: Graph, x: Sequence, name: str, block: Any) -> tuple[Sequence, list[tuple[str, str]]]:
    """Return the output of a layer with its connection, and its states as `recurrent` does."""
    normed = replace(x, name=normalised(graph, x.name, block.norm))
    found, states = recurrent(graph, normed, name, block.recurrent)
    if block.connection == "dense":
        joined = graph.add("Concat", x.name, found.name, axis=-1)
        return replace(found, name=joined, features=x.features + found.features), states
    if block.connection == "residual" and x.features == found.features:
        return replace(found, name=graph.add("Add", x.name, found.name)), states
    return found, states
