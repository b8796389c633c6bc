"""Portions of an utterance through a model of one direction, against the whole."""

from types import SimpleNamespace

import numpy as np
import pytest

from asr.config import Config
from asr.model import AcousticModel
from asr.tokens import Tokens

onnx = pytest.importorskip("onnx", reason="writes the models")
FEATURES, TOKENS = 7, Tokens(["<blank>", *"ABCDE"])
CONV = {"channels": 3, "kernel": [3, 3], "stride": [2, 2]}
MODELS = {
    "recurrent layers alone": {"conv": []},
    "convolutions and look-ahead": {"conv": [CONV, {**CONV, "kernel": [5, 3]}], "look_ahead": 4, "layers": 2},
    "stacking, pyramid, look-ahead": {
        "conv": [CONV],
        "stack_frames": 2,
        "pyramid": [1, 2],
        "layers": 2,
        "look_ahead": 3,
    },
    "wide convolutions": {
        "conv": [{**CONV, "kernel": [9, 3], "stride": [1, 1]}],
        "cell": "gru",
        "connections": "dense",
    },
}


def exported(folder, settings, **features):
    from asr.export.network import to_onnx
    from asr.onnx_model import OnnxModel

    features = {"num_mels": FEATURES, "normalisation": "none", **features}
    model = {"units": 8, "layers": 1, "bidirectional": False, "norm": "batch", **settings}
    config = Config.model_validate({"features": features, "model": model})
    network, rng = AcousticModel(config.model, FEATURES, len(TOKENS)), np.random.default_rng(0)
    for weight in network.weights:
        values = np.asarray(weight) + rng.normal(size=weight.shape, scale=0.3)
        weight.assign(np.abs(values) + 0.1 if "variance" in weight.path else values)
    path = folder / "model.onnx"
    onnx.save(to_onnx(network, {}), path)
    return OnnxModel(folder, config, TOKENS, SimpleNamespace(config=config.features, mean=None, std=None), path)


@pytest.mark.parametrize("settings", MODELS.values(), ids=MODELS)
def test_portions_of_any_size_give_the_logits_of_the_whole(settings, tmp_path):
    from asr.onnx_stream import OnnxStream

    model, rng = exported(tmp_path, settings), np.random.default_rng(1)
    for num_frames in (1, 3, 8, 61, 62, 63, 64):
        frames = rng.normal(size=(num_frames, FEATURES)).astype(np.float32)
        (whole,) = model.logits_of_frames([frames])
        for largest in (1, 5, 40):
            stream = OnnxStream(model)
            cuts = np.cumsum(rng.integers(0, largest + 1, size=num_frames))
            parts = [stream.feed(part) for part in np.split(frames, cuts[cuts < num_frames])]
            found = np.concatenate([*parts, stream.end()])
            np.testing.assert_allclose(found, whole, atol=1e-5)


def test_logits_come_as_soon_as_their_future_is_known(tmp_path):
    from asr.model import lookahead_frames
    from asr.onnx_stream import OnnxStream

    model = exported(tmp_path, MODELS["convolutions and look-ahead"])
    stream, seen, logits = OnnxStream(model), 0, 0
    future = lookahead_frames(model.config.model)
    for frames in np.random.default_rng(0).normal(size=(100, 1, FEATURES)).astype(np.float32):
        seen, logits = seen + 1, logits + len(stream.feed(frames))
        stride = model.config.model.time_stride
        assert logits == max(0, (seen - 1 - future) // stride + 1)


@pytest.mark.parametrize(
    ("settings", "normalisation"),
    [({"bidirectional": True}, "none"), ({}, "utterance")],
    ids=["both ways", "utterance"],
)
def test_a_model_that_needs_the_whole_utterance_says_so(settings, normalisation, tmp_path):
    from asr.errors import RunError
    from asr.onnx_stream import OnnxStream

    with pytest.raises(RunError, match="whole utterances only"):
        OnnxStream(exported(tmp_path, settings, normalisation=normalisation))
