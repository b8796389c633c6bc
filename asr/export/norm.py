"""Normalisation in an ONNX graph, with the statistics and gains of a trained layer."""

from typing import Any

from asr.export.graph import Graph
from asr.layers.norm import BatchNorm


def normalised(graph: Graph, x: str, norm: Any) -> str:
    """Return ``x`` [..., F] through a layer of `asr.layers.norm.make_norm`; None changes nothing.

    Args:
        graph: to add to.
        x: the input.
        norm: the Keras layer. Batch norm puts zeros past a length, and here nothing does.
    """
    if norm is None:
        return x
    gamma, beta = graph.variable(norm.gamma), graph.variable(norm.beta)
    if isinstance(norm, BatchNorm):
        # What is left of it without training: a factor and a shift of each feature.
        mean, variance = graph.variable(norm.moving_mean), graph.variable(norm.moving_variance)
        deviation = graph.add("Sqrt", graph.add("Add", variance, graph.scalar(norm.epsilon)))
        scale = graph.add("Div", gamma, deviation)
        shift = graph.add("Sub", beta, graph.add("Mul", mean, scale))
        return graph.add("Add", graph.add("Mul", x, scale), shift)
    return graph.add("LayerNormalization", x, gamma, beta, axis=-1, epsilon=norm.epsilon)
