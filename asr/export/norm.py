"""Normalisation in an ONNX graph, with the statistics and gains of a trained layer."""

from typing import Any

import numpy as np

from asr.export.graph import Graph
from asr.layers.norm import BatchNorm


def normalised(graph: Graph, x: str, name: str, norm: Any) -> str:
    """Return ``x`` [..., F] through a layer of `asr.layers.norm.make_norm`; None changes nothing.

    Args:
        graph: to add to.
        x: the input.
        name: of the weights.
        norm: the Keras layer. Batch norm puts zeros past a length, and here nothing does.
    """
    if norm is None:
        return x
    gamma, beta = (np.asarray(weight) for weight in (norm.gamma, norm.beta))
    if isinstance(norm, BatchNorm):
        # What is left of it without training: a factor and a shift of each feature.
        scale = gamma / np.sqrt(np.asarray(norm.moving_variance) + np.float32(norm.epsilon))
        shift = beta - np.asarray(norm.moving_mean) * scale
        scaled = graph.add("Mul", x, graph.weight(f"{name}.scale", scale))
        return graph.add("Add", scaled, graph.weight(f"{name}.shift", shift))
    weights = graph.weight(f"{name}.gamma", gamma), graph.weight(f"{name}.beta", beta)
    return graph.add("LayerNormalization", x, *weights, axis=-1, epsilon=norm.epsilon)
