"""What gates do over an utterance: known where weights are set by hand."""

import base64
import json
import re

import numpy as np
import pytest

from asr.decoding.hypothesis import Word
from asr.errors import ConfigError
from asr.layers.recurrent import Recurrent
from asr.layers.watch import watch
from asr.manifest import Utterance, read_manifest
from asr.report.gates import WatchedLayer, WatchedUtterance, watch_utterances
from asr.report.page.gates_data import gates_page
from asr.run import load

FRAMES, UNITS = 6, 4


def saturated_lstm() -> Recurrent:
    """A layer whose gates are held open or closed by large biases; units 0 and 1 let in, 2 and 3 do not."""
    layer = Recurrent(UNITS, cell="lstm", bidirectional=True)
    layer.build((1, FRAMES, 2), (1,))
    layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    bias = np.zeros((2, 4, UNITS), "float32")  # blocks i, f, g, o
    bias[:, 0] = [50, 50, -50, -50]
    bias[:, 1] = 50  # nothing is forgotten
    bias[:, 2] = 50  # the block input is 1
    bias[:, 3] = [50, -50, 50, -50]
    layer.bias.assign(bias.reshape(2, 4 * UNITS))
    return layer


@pytest.fixture(scope="module")
def watched() -> WatchedUtterance:
    seen = watch(saturated_lstm(), np.ones((FRAMES, 2), "float32"))
    layers = tuple(
        WatchedLayer(1, direction == 1, 0.04, {name: values[direction] for name, values in seen.items()})
        for direction in range(2)
    )
    words = (Word("YES", 1.0, 1.1, 0.9), Word("NO", 1.12, 1.24, 0.9))
    spectrogram = np.arange(24 * 3, dtype="float32").reshape(24, 3)
    return WatchedUtterance(Utterance("a/1", None, 0.24, "YES NO", offset=1.0), words, spectrogram, 0.01, layers)


def data_of(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page)[1])


def pixels(drawn: dict) -> np.ndarray:
    """[rows, columns] from 0 to 1."""
    values = np.frombuffer(base64.b64decode(drawn["values"]), np.uint8) / 255
    return values.reshape(drawn["rows"], drawn["columns"])


def test_gates_that_are_held_open_or_closed_are_so_at_every_frame(watched):
    forward, backward = watched.layers
    for layer in watched.layers:
        np.testing.assert_allclose(layer.values["forget gate"], 1.0)
        np.testing.assert_allclose(layer.values["input gate"], np.tile([1.0, 1, 0, 0], (FRAMES, 1)), atol=1e-6)
        np.testing.assert_allclose(layer.values["output gate"], np.tile([1.0, 0, 1, 0], (FRAMES, 1)), atol=1e-6)
    # What is let in and never forgotten counts the frames, each direction from its own side.
    np.testing.assert_allclose(forward.values["cell"][:, 0], np.arange(1, FRAMES + 1), rtol=1e-6)
    np.testing.assert_allclose(backward.values["cell"][:, 0], np.arange(FRAMES, 0, -1), rtol=1e-6)
    np.testing.assert_allclose(forward.values["cell"][:, 2:], 0.0, atol=1e-6)


def test_saturated_gates_are_drawn_black_and_white(watched):
    layer = data_of(gates_page(watched, "runs/a", ["asr", "report"]))["layers"][0]
    drawn = {one["name"]: one for one in layer["gates"] + layer["others"]}
    assert (pixels(drawn["forget gate"]) == 1).all()
    assert pixels(drawn["input gate"]).tolist() == [[1] * FRAMES, [1] * FRAMES, [0] * FRAMES, [0] * FRAMES]
    assert pixels(drawn["output gate"]).tolist() == [[1] * FRAMES, [0] * FRAMES, [1] * FRAMES, [0] * FRAMES]
    assert drawn["input gate"]["mean"] == [0.5] * FRAMES
    cells = pixels(drawn["cell"])
    np.testing.assert_allclose(cells[0], 0.5 + 0.5 * np.tanh(np.arange(1, FRAMES + 1)), atol=1 / 255)
    np.testing.assert_allclose(cells[2:], 0.5, atol=1 / 255)


def test_units_stand_in_the_order_of_their_first_gate(watched):
    values = {"forget gate": np.array([[0.1, 0.9, 0.5]] * 2), "output": np.array([[1.0, 2.0, 3.0]] * 2)}
    one = WatchedUtterance(watched.utterance, (), watched.frames, 0.01, (WatchedLayer(1, False, 0.04, values),))
    (layer,) = data_of(gates_page(one, "run", []))["layers"]
    np.testing.assert_allclose(pixels(layer["gates"][0])[:, 0], [0.9, 0.5, 0.1], atol=1 / 255)
    np.testing.assert_allclose(pixels(layer["others"][0])[:, 0], 0.5 + 0.5 * np.tanh([2, 3, 1]), atol=1 / 255)


def test_words_stand_at_their_times_in_the_utterance(watched):
    data = data_of(gates_page(watched, "run", []))
    assert data["words"] == [
        {"word": "YES", "start": 0.0, "end": 0.1},
        {"word": "NO", "start": 0.12, "end": 0.24},
    ]
    assert data["seconds"] == 0.24
    assert pixels(data["spectrogram"])[0, -1] == 1  # the loudest is high and last


def test_a_trained_run_is_watched_over_real_words(tiny_run, data):
    run, utterances = load(tiny_run), read_manifest(data / "an4.jsonl")
    (_, found), *others = watch_utterances(run, utterances[:2], [2])
    assert isinstance(found, WatchedUtterance) and len(others) == 1
    assert [word.word for word in found.words] == ["STOP"]
    assert [(layer.number, layer.backward) for layer in found.layers] == [(2, False), (2, True)]
    frames = -(-len(found.frames) // 2)
    assert {values.shape for values in found.layers[0].values.values()} == {(frames, 16)}
    inputs = run.model.recurrent_inputs(np.zeros((1, 9, 20), "float32"), np.array([9]))
    assert [tuple(x.shape) for x, _ in inputs] == [(1, 5, 40), (1, 5, 32)]


def test_a_layer_that_is_not_there_is_named(tiny_run):
    with pytest.raises(ConfigError, match="has no layer 3: choose from 1 to 2"):
        list(watch_utterances(load(tiny_run), [], [3]))
