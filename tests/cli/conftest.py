"""A run folder that needs no training and no Keras: it hears A where it is loud and a space where it is quiet."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16_000


@pytest.fixture(scope="session")
def loud_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run folder, as `asr export` leaves it, whose words can be told beforehand."""
    return make_loud_run(tmp_path_factory.mktemp("runs") / "loud", sureness=0.9)


def make_loud_run(folder: Path, sureness: float) -> Path:
    """Write a run folder; ``sureness`` is the probability of what is heard."""
    pytest.importorskip("onnx", reason="writes the model")
    from asr.config import Config, dump_config
    from asr.features import front_end
    from asr.run import MODEL_ONNX
    from asr.tokens import Tokens

    config = Config.model_validate(
        {"features": {"num_mels": 20, "normalisation": "none"}, "model": {"conv": []}, "decode": {"beam_size": 1}}
    )
    folder.mkdir(parents=True)
    Tokens(["<blank>", " ", "A"]).save(folder / "tokens.json")
    front_end(config.features).save(folder / "features.npz")
    (folder / "config.toml").write_bytes(dump_config(config).encode())
    (folder / MODEL_ONNX).write_bytes(_loudness_model(folder, sureness))
    return folder


def _loudness_model(folder: Path, sureness: float) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    from asr.run import describe_source

    rest = (1 - sureness) / 2
    constants = {
        "axis": np.array([2], np.int64),
        "threshold": np.array(-10.0, np.float32),  # a log-mel mean; silence has log(1e-10) = -23
        "quiet": np.log(np.array([[[rest, sureness, rest]]], np.float32)),
        "change": np.log(np.array([[[1, rest / sureness, sureness / rest]]], np.float32)),
    }
    nodes = [
        helper.make_node("ReduceMean", ["frames", "axis"], ["level"]),
        helper.make_node("Greater", ["level", "threshold"], ["is_loud"]),
        helper.make_node("Cast", ["is_loud"], ["loud"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["loud", "change"], ["changed"]),
        helper.make_node("Add", ["quiet", "changed"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["B", "T", 20]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", "T", 3])]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "loudness", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, describe_source(folder))
    return model.SerializeToString()


def beeps(count: int, *, quiet: float = 0.2, rate: int = RATE) -> np.ndarray:
    """Return bursts of noise of 0.2 s between silences of ``quiet`` seconds, [N]."""
    silence = np.zeros(round(rate * quiet))
    burst = np.random.default_rng(0).uniform(-0.5, 0.5, rate // 5)
    return np.concatenate([silence, *([burst, silence] * count)])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with recordings of one, two and three A's, one with a long pause, a stereo one, a broken one."""
    monkeypatch.chdir(tmp_path)
    for count, name in enumerate(("one.wav", "two.flac", "three.ogg"), start=1):
        soundfile.write(name, beeps(count), RATE)
    soundfile.write("pause.wav", np.concatenate([beeps(2), np.zeros(RATE), beeps(3)]), RATE)
    left = beeps(3)
    soundfile.write("stereo.wav", np.stack([left, np.zeros_like(left)], axis=1), RATE)
    Path("broken.wav").write_text("not a sound")
    return tmp_path
