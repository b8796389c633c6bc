import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from asr.audio import read_audio
from asr.decoding.settings import COMMAND_SETTINGS, language_model_file, load_settings, save_settings
from asr.errors import ConfigError, OutputError, RunError
from asr.export import package
from asr.export.package import package_run
from asr.model import named_weights
from asr.run import default_runtime, load, load_onnx, read_config
from asr.tokens import Tokens
from asr.weights_file import load_weights


@pytest.fixture
def copy(pretrained, tmp_path):
    """Return a copy of the packaged model, with the language model that it shares."""
    return shutil.copytree(pretrained, tmp_path / "moved") / "english-small"


def test_a_package_is_a_run_folder_with_its_weights_once(pretrained, tiny_run):
    folder = pretrained / "english-small"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.toml",
        "decoder.json",
        "environment.json",
        "features.npz",
        "model.onnx",
        "tokens.json",
        "weights.npz",
    ]
    assert default_runtime(folder) == "onnx"
    assert read_config(folder).model == read_config(tiny_run).model
    graph = onnx.load(folder / "model.onnx", load_external_data=False).graph
    assert sum(len(tensor.raw_data) for tensor in graph.initializer) < 200


def test_both_runtimes_read_the_trained_weights_in_16_bits(pretrained, tiny_run, data):
    keras, onnx_model = load(pretrained / "english-small"), load_onnx(pretrained / "english-small")
    trained = named_weights(load(tiny_run).model)
    for name, variable in named_weights(keras.model).items():
        kind = "float16" if name.endswith("kernel") else "float32"
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(trained[name]).astype(kind), err_msg=name)
    frames = [keras.frames(read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000))]
    np.testing.assert_allclose(keras.logits_of_frames(frames)[0], onnx_model.logits_of_frames(frames)[0], atol=1e-4)


def test_a_package_names_nothing_of_the_machine_that_made_it(pretrained, tiny_run):
    folder = pretrained / "english-small"
    places = [str(place) for place in (Path.home(), tempfile.gettempdir(), tiny_run.parent, Path(__file__).parent)]
    for path in folder.iterdir():
        assert not [place for place in places if len(place) > 1 and place.encode() in path.read_bytes()], path
    assert set(json.loads((folder / "environment.json").read_text())) == {"backend", "versions", "commit", "seed"}


def test_a_shared_language_model_moves_with_the_packages(copy):
    assert language_model_file(copy) == copy.parent / "lm" / "words.asrlm"
    language_model_file(copy).unlink()
    with pytest.raises(RunError, match=r"lm/words.asrlm: not there, and .*decoder.json names it"):
        language_model_file(copy)


@pytest.mark.slow
def test_a_package_can_be_packaged_again_with_what_was_tuned_and_a_language_model_of_its_own(copy, tmp_path, data):
    save_settings(copy, replace(COMMAND_SETTINGS, lm_weight=0.25))
    again = tmp_path / "again"
    packaged = package_run(copy, again, data_set=data / "an4.jsonl")
    assert language_model_file(again) == again / "lm" / "words.asrlm"
    assert load_settings(again).lm_weight == 0.25
    assert (again / "weights.npz").read_bytes() == (copy / "weights.npz").read_bytes()
    assert packaged.num_bytes == sum(path.stat().st_size for path in again.rglob("*") if path.is_file())
    assert packaged.runtimes.num_other_texts == 0
    assert packaged.weights.word_error_rates[0] == packaged.weights.word_error_rates[1] is not None


def test_other_weights_than_the_graph_was_made_for_are_refused(copy):
    content = bytearray((copy / "weights.npz").read_bytes())
    content[1000] ^= 1
    (copy / "weights.npz").write_bytes(content)
    with pytest.raises(RunError, match=r"model.onnx: was made of other weights than the run has now"):
        load_onnx(copy)


@pytest.mark.parametrize("keep", [0, -100], ids=["empty", "truncated"])
def test_damaged_weights_are_named(copy, keep):
    content = (copy / "weights.npz").read_bytes()
    (copy / "weights.npz").write_bytes(content[:keep])
    with pytest.raises(RunError, match=r"weights.npz: not a file of weights"):
        load(copy)
    with pytest.raises(RunError, match=r"model.onnx: damaged|was made of other weights"):
        load_onnx(copy)


def test_what_is_there_is_not_replaced(pretrained, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="out: already there: name another folder, or remove it"):
        package_run(pretrained / "english-small", tmp_path / "out")


def test_a_language_model_to_be_shared_lies_where_the_packages_do(pretrained, tmp_path):
    with pytest.raises(ConfigError, match=r"words.asrlm: not in .*, and so would not be passed on with out: copy it"):
        package_run(
            pretrained / "english-small",
            tmp_path / "out",
            language_model=pretrained / "lm" / "words.asrlm",
            shares=True,
        )


@pytest.mark.parametrize("shares", [False, True])
def test_a_language_model_that_is_not_compiled_is_refused(copy, shares):
    lm = copy.parent / "lm" / "words.arpa"
    with pytest.raises(ConfigError, match=r"words.arpa: .*\(.asrlm\): compile it: asr lm compile .*words.arpa$"):
        package_run(copy, copy.with_name("out"), language_model=lm, shares=shares)


@pytest.fixture
def unfit(copy):
    """Return a model whose weights no package can hold, which shows when all else is written."""
    weights = load_weights(copy / "weights.npz")
    np.savez(
        copy / "weights.npz", **(weights | {"output_layer.kernel": weights["output_layer.kernel"].astype("f") * 1e9})
    )
    return copy


def test_a_package_that_fails_leaves_nothing(unfit, tmp_path):
    (tmp_path / "new").mkdir()
    with pytest.raises(RunError, match=r"weights.npz: output_layer.kernel: has values that float16 cannot hold"):
        package_run(unfit, tmp_path / "new" / "out")
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize("are_there", [False, True])
def test_a_package_that_fails_leaves_no_new_spellings_beside_a_shared_language_model(unfit, are_there, monkeypatch):
    monkeypatch.setattr(Tokens, "store_spellings", lambda tokens, words, first, shared: shared.touch())
    lm = unfit.parent / "lm" / "words.asrlm"
    spellings = lm.with_suffix(".spellings.npz")
    if are_there:
        spellings.touch()
    with pytest.raises(RunError, match="float16 cannot hold"):
        package_run(unfit, unfit.with_name("out"), language_model=lm, shares=True)
    assert spellings.exists() == are_there


def test_a_package_is_on_the_disk_before_it_has_its_name_and_then_its_name_is(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(package, "sync", lambda path: synced.append((path.name, (tmp_path / "out").exists())))
    with package._replacing_folder(tmp_path / "out") as part:
        (part / "lm").mkdir()
        (part / "lm" / "words.asrlm").touch()
    assert synced == [("lm", False), ("words.asrlm", False), (part.name, False), (tmp_path.name, True)]
