"""Models of pieces and of phones, trained for a few steps, moved, and used again."""

import shutil

import pytest

from asr.cli import main
from asr.config import load_config
from asr.errors import ConfigError, TrainingError
from asr.run import load
from asr.training.setup import set_up
from asr.training.train import train

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # tensorboardX's protobuf

SETTINGS = {
    "bpe": ["tokens.kind=bpe", "tokens.pieces=9"],
    "phones": ["tokens.kind=phones", "tokens.dictionary=words.txt", "data.max_excluded_share=0.5"],
}


@pytest.fixture
def config(tiny_config):
    """Return the path of the tiny configuration, with a dictionary of two of its three words beside it."""
    (tiny_config.parent / "words.txt").write_text("GO  G OW1\nNO  N OW1\n")
    return tiny_config


def prepare(config, *overrides):
    return set_up(load_config(config, overrides), replicas=1, is_chief=True, tokens=None, say=lambda text: None)


def test_words_that_cannot_be_pronounced_leave_their_utterances_out(config):
    setup = prepare(config, *SETTINGS["phones"])
    assert {example.text for example in setup.train.examples} == {"GO", "NO"}
    assert setup.tokens.labels == ("<blank>", "G", "N", "OW")
    assert len(setup.excluded) == 5
    assert setup.excluded[0]["reason"].startswith("'STOP': not in the pronunciation dictionary")


def test_guessed_words_are_counted_and_named(config):
    said = []
    settings = load_config(config, [*SETTINGS["phones"], "tokens.dictionary=sounds.txt"])
    (config.parent / "sounds.txt").write_text("GO  G OW\nNO  N OW\nTOP  T AA P\nSIT  S IH T\n")
    setup = set_up(settings, replicas=1, is_chief=True, tokens=None, say=said.append)
    assert setup.tokens.guessed == {"stop": ("S", "T", "AA", "P")}
    assert "tokens: 1 words are not in the dictionary; how they sound is guessed (tokens.json)" in said
    assert not setup.excluded


def test_too_many_words_that_cannot_be_pronounced_stop_the_training(config):
    with pytest.raises(TrainingError, match=r"5 of 15 utterances cannot be used.*'STOP': not in the pronunciation"):
        prepare(config, *SETTINGS["phones"], "data.max_excluded_share=0.1")


def test_more_pieces_than_the_text_gives_stop_the_training(config):
    with pytest.raises(ConfigError, match=r"tokens\.pieces = 300: the training text gives at most \d+: lower it"):
        prepare(config, "tokens.kind=bpe")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bpe", "phones"])
def test_a_model_of_each_kind_is_trained_resumed_moved_and_transcribes(kind, config, data, tmp_path, capsys):
    settings = load_config(config, ["train.epochs=1", "data.num_buckets=1", *SETTINGS[kind]])
    folder = tmp_path / "run"
    (record,) = train(settings, folder).history
    assert (record["wer"] is None, record["per"] is None) == (kind == "phones", kind != "phones")
    (resumed,) = train(settings, folder, resume=True).history
    assert resumed["timing"] == record["timing"]  # nothing was left to train

    moved = shutil.move(folder, tmp_path / "elsewhere")
    tokens = load(moved).tokens
    assert tokens.kind == kind
    capsys.readouterr()
    assert main(["transcribe", str(data / "an440-mjgm-b.flac"), "--model", str(moved), "--quiet"]) == 0
    assert set("".join(capsys.readouterr().out.split())) <= set("".join(tokens.labels[1:]))
    assert main(["info", str(moved)]) == 0
    assert f"tokens: {len(tokens)} {kind} (<blank> " in capsys.readouterr().out


@pytest.mark.slow
def test_an_error_in_the_tokens_is_one_line_and_writes_nothing(config, tmp_path, capsys):
    command = ["train", str(config), "--output", str(tmp_path / "run"), "--set", "tokens.kind=phones"]
    assert main([*command, "--set", "tokens.dictionary=missing.txt", "--quiet"]) == 2
    assert capsys.readouterr().err == (
        f"asr: {config.parent}/missing.txt: No such file or directory: name a pronunciation dictionary\n"
    )
    assert not (tmp_path / "run").exists()
