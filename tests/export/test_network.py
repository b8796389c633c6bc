from typing import Any

import numpy as np
import onnxruntime
import pytest

from asr.config import PRESETS, ModelConfig
from asr.errors import ConfigError
from asr.export.network import to_onnx
from asr.layers.cells.table import CELLS
from asr.model import AcousticModel, output_lengths
from asr.onnx_model import initial_states

NUM_FEATURES, LENGTHS = 12, np.array([23, 9, 17, 1], np.int32)
WITHOUT_OPERATOR = {"lstm_fgr", "lstm_projection", "lstm_layer_norm"}
SMALL: dict[str, Any] = {
    "conv": [{"channels": 3, "kernel": [3, 3], "stride": [2, 2]}],
    "layers": 1,
    "units": 8,
}


def drawn(config: ModelConfig, scale: float = 0.3) -> AcousticModel:
    """A model with every weight, bias and statistic drawn anew: what starts at 0 or 1 would hide a mistake."""
    model, rng = AcousticModel(config, NUM_FEATURES, num_classes=6), np.random.default_rng(0)
    for weight in model.weights:
        values = np.asarray(weight) + rng.normal(size=weight.shape, scale=scale)
        weight.assign(np.abs(values) + 0.1 if "variance" in weight.path else values)
    return model


class Exported:
    """A model's graph in ONNX Runtime."""

    def __init__(self, model: AcousticModel) -> None:
        self.session = onnxruntime.InferenceSession(to_onnx(model, {}).SerializeToString())
        self.config = model.config

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the logits [T', V] of each utterance."""
        given = {"frames": frames, "lengths": lengths, **initial_states(self.session, len(frames))}
        (logits,) = self.session.run(["logits"], given)
        return [one[:end] for one, end in zip(logits, output_lengths(self.config, lengths), strict=True)]


def assert_equal(found: list[np.ndarray], expected: list[np.ndarray], atol: float) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=atol)


def ragged() -> np.ndarray:
    """[B, T, F] with values that no one asked for past each length."""
    frames = np.random.default_rng(1).normal(size=(len(LENGTHS), max(LENGTHS), NUM_FEATURES)).astype("float32")
    for row, length in enumerate(LENGTHS):
        frames[row, length:] = 1e4
    return frames


def check(config: ModelConfig, scale: float = 0.3) -> None:
    """Compare with Keras on a ragged batch, and a ragged batch with its utterances one by one."""
    model, frames = drawn(config, scale), ragged()
    exported = Exported(model)
    found = exported(frames, LENGTHS)
    expected = np.asarray(model(frames, LENGTHS))
    assert_equal(found, [one[: len(other)] for one, other in zip(expected, found, strict=True)], atol=1e-4)
    alone = [exported(frames[i : i + 1, :length], LENGTHS[i : i + 1])[0] for i, length in enumerate(LENGTHS)]
    assert_equal(found, alone, atol=1e-5)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in WITHOUT_OPERATOR])
def test_a_cell_gives_keras_logits_on_a_ragged_batch(cell):
    check(ModelConfig(**SMALL, cell=cell))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "lstm_noaf", "gru"])
def test_one_direction_gives_keras_logits_on_a_ragged_batch(cell):
    check(ModelConfig(**SMALL, cell=cell, bidirectional=False))


@pytest.mark.parametrize("cell", sorted(WITHOUT_OPERATOR))
def test_a_cell_that_onnx_has_no_operator_for_says_so(cell):
    with pytest.raises(ConfigError, match=f"model.cell = '{cell}': ONNX has no operator for it, only for rnn, lstm"):
        to_onnx(AcousticModel(ModelConfig(**SMALL, cell=cell), NUM_FEATURES, num_classes=6), {})


VARIANTS: dict[str, dict[str, Any]] = {
    "layer norm": {"norm": "layer"},
    "no norm, dense connections": {"norm": "none", "connections": "dense", "layers": 2},
    "residual connections": {"connections": "residual", "layers": 2},
    "several outputs a frame": {"stack_frames": 2, "outputs_per_frame": 4},
    "pyramid and stacked frames": {"pyramid": [2, 3], "stack_frames": 2, "layers": 2},
    "no convolution": {"conv": [], "stack_frames": 3},
    "two convolutions": {"conv": [{"channels": 2, "kernel": [5, 3], "stride": [1, 3]}, {"channels": 3}]},
    "look-ahead": {"bidirectional": False, "look_ahead": 3},
    "attention": {"attention_layers": 2, "attention_heads": 4},
    "transformer": {"layers": 0, "attention_layers": 2, "attention_units": 16, "positions": "sinusoidal"},
    "causal transformer of rotary positions": {
        "layers": 0,
        "attention_layers": 2,
        "attention_units": 16,
        "positions": "rotary",
        "causal_attention": True,
    },
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_part_of_a_model_gives_keras_logits_on_a_ragged_batch(variant):
    check(ModelConfig(**{**SMALL, **variant}))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_of_few_units_gives_keras_logits(preset):
    check(ModelConfig(preset=preset, units=16), scale=0.1)


def test_states_carried_on_give_the_logits_of_the_whole():
    """Without what looks at neighbouring frames, an utterance in two halves is the same utterance."""
    config = ModelConfig(**{**SMALL, "conv": [], "layers": 2, "bidirectional": False})
    session = Exported(drawn(config)).session
    frames = ragged()[:1]
    zeros = initial_states(session, 1)
    names = [name for name in zeros if name != "kept"]
    whole, *_ = session.run(None, {"frames": frames, "lengths": LENGTHS[:1], **zeros})
    first, *states = session.run(None, {"frames": frames[:, :10], "lengths": np.array([10], np.int32), **zeros})
    carried = dict(zip(names, states, strict=True))
    second, *_ = session.run(None, {"frames": frames[:, 10:], "lengths": np.array([13], np.int32), **(zeros | carried)})
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    assert [one.name for one in session.get_outputs()[1:]] == [f"next_{name}" for name in names]


def test_a_graph_has_onnx_own_operators_only():
    model = to_onnx(drawn(ModelConfig(**SMALL)), {"weights": "a digest"})
    assert {node.domain for node in model.graph.node} == {""}
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 17)]
    assert [(prop.key, prop.value) for prop in model.metadata_props] == [("weights", "a digest")]
