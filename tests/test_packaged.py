from pathlib import Path

import pytest

from asr import packaged
from asr.errors import RunError
from asr.packaged import find_model, known_models, model_name, packaged_models


@pytest.fixture
def pretrained(tmp_path, monkeypatch):
    """Return a folder that stands for the one of the installation; empty."""
    monkeypatch.setattr(packaged, "PRETRAINED", tmp_path / "pretrained")
    return tmp_path / "pretrained"


def add(pretrained, *names):
    for name in names:
        (pretrained / name).mkdir(parents=True)
        (pretrained / name / "config.toml").touch()


def test_a_name_is_that_of_a_packaged_model_before_it_is_a_folder(pretrained, tmp_path, monkeypatch):
    add(pretrained, "english-small", "english-streaming")
    (pretrained / "lm").mkdir()
    assert packaged_models() == ["english-small", "english-streaming"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "english-small").mkdir()
    assert find_model("english-small") == find_model() == pretrained / "english-small"
    assert find_model(tmp_path / "english-small") == tmp_path / "english-small"
    assert known_models().endswith("or a packaged model: english-small, english-streaming")


def test_a_folder_that_is_called_as_a_packaged_model_can_be_named_and_stays_the_folder(pretrained):
    add(pretrained, "english-small")
    assert find_model(find_model("./english-small")) == Path("english-small")
    assert find_model(find_model("english-small")) == pretrained / "english-small"


def test_a_packaged_model_is_called_by_its_name_and_any_other_by_its_folder(pretrained):
    add(pretrained, "english-small")
    assert model_name(find_model("english-small")) == "english-small"
    assert model_name(find_model("runs/an4")) == "runs/an4"


def test_without_packaged_models_one_must_be_named(pretrained):
    with pytest.raises(RunError, match=r"^no model: name a run folder of asr train with -m RUN; none comes with this"):
        find_model()


def test_other_packaged_models_are_named_where_the_default_is_not_there(pretrained):
    add(pretrained, "tiny")
    with pytest.raises(RunError, match=r"english-small is not packaged, only tiny$"):
        find_model()
