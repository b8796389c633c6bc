import json
import shutil

import numpy as np
import pytest
import soundfile

from asr.audio import read_audio
from asr.errors import ConfigError, ManifestError, RunError, UtteranceError
from asr.export.comparison import samples
from asr.export.export import export_run
from asr.run import RUNTIMES, default_runtime, load, load_for, load_onnx


@pytest.fixture(scope="module")
def exported(tiny_run, data, tmp_path_factory):
    """A run folder with both kinds of model, and what came of exporting each."""
    folder = shutil.copytree(tiny_run, tmp_path_factory.mktemp("export") / "run")
    return folder, {int8: export_run(folder, data_set=data / "an4.jsonl", int8=int8) for int8 in (False, True)}


@pytest.fixture
def copy(exported, tmp_path):
    return shutil.copytree(exported[0], tmp_path / "run")


def speech(data):
    return [read_audio(path, sample_rate_hz=16_000) for path in sorted(data.glob("an4*-b.*"))]


def test_an_exported_model_says_what_keras_says(exported, data):
    folder, results = exported
    keras, onnx = load(folder), load_onnx(folder)
    frames = [keras.frames(waveform) for waveform in speech(data)]
    for one, other in zip(keras.log_probs_of_frames(frames), onnx.log_probs_of_frames(frames), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    comparison = results[False].comparison
    assert (comparison.num_utterances, comparison.num_other_texts, comparison.on_noise) == (3, 0, False)
    assert comparison.largest_difference < 1e-4
    assert comparison.word_error_rates[0] == comparison.word_error_rates[1] is not None
    assert results[False].num_bytes == (folder / "model.onnx").stat().st_size


def test_utterances_of_any_length_are_taken_in_their_order(exported):
    model = load_onnx(exported[0], threads=1)
    frames = [np.random.default_rng(n).normal(size=(n, 20)).astype("f") for n in (90, 1, 64, 300, 0)]
    together = list(model.log_probs_of_frames(frames))
    assert [len(one) for one in together] == [45, 1, 32, 150, 0]
    for utterance, found in zip(frames, together, strict=True):
        np.testing.assert_allclose(next(model.log_probs_of_frames([utterance])), found, atol=1e-5)


def test_neighbours_do_not_change_what_integers_say(exported, data):
    model = load_onnx(exported[0], int8=True)
    waveforms = speech(data)
    frames = [model.frames(waveform) for waveform in waveforms]
    together = list(model.log_probs_of_frames(frames))
    for waveform, found in zip(waveforms, together, strict=True):
        np.testing.assert_array_equal(model.log_probs(waveform, 16_000), found)


def test_integers_are_smaller_and_near(exported, data):
    folder, results = exported
    assert results[True].num_bytes < results[False].num_bytes
    frames = [load_onnx(folder).frames(waveform) for waveform in speech(data)]
    for one, other in zip(
        *(load_onnx(folder, int8=int8).logits_of_frames(frames) for int8 in (False, True)), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=0.1)
        assert not np.array_equal(one, other)


def test_onnx_is_the_runtime_where_there_is_a_model(exported, tiny_run):
    folder = exported[0]
    assert (default_runtime(folder), default_runtime(tiny_run)) == ("onnx", "keras")
    assert [type(load_for(folder, runtime)).__name__ for runtime in (None, *RUNTIMES)] == [
        "OnnxModel",
        "OnnxModel",
        "OnnxModel",
        "Run",
    ]


def test_a_run_without_an_exported_model_says_how_to_make_it(tiny_run):
    with pytest.raises(RunError, match=r"model.int8.onnx: not there: make it with asr export .* --int8"):
        load_onnx(tiny_run, int8=True)


def test_other_weights_than_those_exported_are_refused(copy):
    weights = next((copy / "weights").rglob("*.weights.h5"))
    for path in (copy / "weights").rglob("*.weights.h5"):
        path.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(RunError, match=r"model.onnx: was made of other weights than the run has now: run asr export"):
        load_onnx(copy)


def test_a_model_of_other_tokens_is_refused(copy):
    value = json.loads((copy / "tokens.json").read_text())
    (copy / "tokens.json").write_text(json.dumps(value | {"labels": [*value["labels"][:-1], "é"]}))
    with pytest.raises(RunError, match=r"model.onnx: was made of other tokens than the run has now"):
        load_onnx(copy)


def test_an_exported_model_needs_no_weights_beside_it(copy, data):
    shutil.rmtree(copy / "weights")
    assert load_for(copy).log_probs(speech(data)[0], 16_000).shape[1] == len(load_onnx(copy).tokens)


@pytest.mark.parametrize("content", [b"", b"no model", None], ids=["empty", "text", "truncated"])
def test_a_damaged_model_is_named(copy, content):
    path = copy / "model.onnx"
    path.write_bytes(path.read_bytes()[:2_000] if content is None else content)
    with pytest.raises(RunError, match=r"model.onnx: damaged, or not an ONNX model: export the run again"):
        load_onnx(copy)


def test_a_model_that_somebody_else_made_is_named(copy):
    from asr.export.graph import Graph

    graph = Graph()
    graph.output("y", graph.add("Neg", graph.input("x", np.float32, (1,))), (1,))
    (copy / "model.onnx").write_bytes(graph.model({}).SerializeToString())
    with pytest.raises(RunError, match=r"model.onnx: not a model that asr export wrote: export the run again"):
        load_onnx(copy)


def test_without_real_audio_noise_is_compared(copy):
    config = copy / "config.toml"
    config.write_text(config.read_text().replace("/shards", "/gone"))
    comparison = export_run(copy).comparison
    assert comparison.on_noise
    assert comparison.word_error_rates == (None, None)


def test_without_a_data_set_the_runs_own_development_utterances_are_compared(copy):
    comparison = export_run(copy).comparison
    assert comparison.num_utterances == 15
    assert not comparison.on_noise


def test_of_many_development_utterances_no_more_are_compared_than_the_most(exported, monkeypatch):
    monkeypatch.setattr("asr.export.comparison._MOST_SAMPLES", 8)  # of 15
    assert len(samples(load_onnx(exported[0]), None)) == 8


def test_an_utterance_that_cannot_be_compared_is_named(exported, tmp_path):
    soundfile.write(tmp_path / "tiny.wav", np.zeros(100), 16_000)
    (tmp_path / "m.jsonl").write_text('{"id": "tiny", "audio_filepath": "tiny.wav", "duration": 0.00625, "text": ""}\n')
    with pytest.raises(UtteranceError, match=r"^tiny: 0.00625 s of audio is shorter than one frame"):
        export_run(exported[0], data_set=tmp_path / "m.jsonl")


def test_a_model_whose_logits_differ_is_not_kept(copy):
    """Of logits in the millions, float32 keeps no thousandths."""
    (copy / "model.onnx").unlink()
    run = load(copy)
    run.model.output_layer.kernel.assign(np.asarray(run.model.output_layer.kernel) * 1e7)
    run.model.save_weights(run.weights)
    with pytest.raises(RunError, match=r"model.onnx: not kept: logits differ from Keras's by up to \d"):
        export_run(copy)
    assert sorted(path.name for path in copy.glob("*.onnx")) == ["model.int8.onnx"]


def test_integers_are_for_lstms(copy):
    config = copy / "config.toml"
    shutil.rmtree(copy / "weights")
    config.write_text(config.read_text().replace('cell = "lstm"', 'cell = "gru"'))
    with pytest.raises(ConfigError, match=r"model.cell = 'gru': ONNX Runtime has integers for LSTMs only"):
        export_run(copy, int8=True)


def test_a_data_set_without_utterances_is_named(copy, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(ManifestError, match=r"none.jsonl: no utterances"):
        export_run(copy, data_set=tmp_path / "none.jsonl")
