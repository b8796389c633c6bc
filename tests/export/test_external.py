"""Graphs whose weights lie in a file beside them; `test_network` has what the graphs compute."""

import numpy as np
import onnx
import onnxruntime
import pytest

from asr.config import ModelConfig
from asr.export.external import pointing_into
from asr.export.folding import folded
from asr.export.network import to_onnx
from asr.model import AcousticModel, named_weights
from asr.onnx_model import initial_states
from asr.weights_file import load_weights, save_weights, stored_arrays

SMALL = {"conv": [{"channels": 3, "kernel": [3, 3], "stride": [2, 2]}], "layers": 1, "units": 8}
VARIANTS = {
    "a gate that is missing, peepholes": {"cell": "lstm_nfg"},
    "a bias of the recurrent product": {"cell": "gru"},
    "look-ahead": {"bidirectional": False, "look_ahead": 3},
    "attention": {"attention_layers": 1},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_weights_in_a_file_give_what_the_same_weights_in_the_graph_give(variant, tmp_path):
    model = AcousticModel(ModelConfig(**{**SMALL, **variant}), num_features=12, num_classes=6)
    weights = {name: np.asarray(variable) for name, variable in named_weights(model).items()}
    save_weights(tmp_path / "weights.npz", weights)
    for name, values in load_weights(tmp_path / "weights.npz").items():
        named_weights(model)[name].assign(values.astype("float32"))
    graph = to_onnx(model, {"weights": "a digest"})
    outside = pointing_into(graph, "weights.npz", stored_arrays(tmp_path / "weights.npz"))
    onnx.save(outside, tmp_path / "model.onnx")
    found, expected = (
        logits(onnxruntime.InferenceSession(one))
        for one in (tmp_path / "model.onnx", folded(graph).SerializeToString())
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not [one for one in outside.graph.initializer if len(one.raw_data) > 100]
    assert [one.key for one in outside.metadata_props] == ["weights"]


def logits(session: onnxruntime.InferenceSession) -> np.ndarray:
    """Return what a model makes of two utterances of noise, from states of zeros."""
    frames = np.random.default_rng(0).normal(size=(2, 20, 12)).astype("f")
    given = {"frames": frames, "lengths": np.array([20, 20], np.int32)}
    return session.run(["logits"], given | initial_states(session, 2))[0]


def test_folding_leaves_no_node_that_depends_on_weights_alone():
    graph = folded(to_onnx(AcousticModel(ModelConfig(**SMALL), num_features=12, num_classes=6), {})).graph
    known = {one.name for one in graph.initializer}
    assert all(any(name and name not in known for name in node.input) for node in graph.node)
    assert {name for node in graph.node for name in node.input} >= known
