from pathlib import Path

import pytest

from asr.cli import main
from asr.cli.outputs import check_outputs
from asr.errors import OutputError


def test_outputs_may_replace_neither_a_source_nor_each_other(tmp_path):
    manifest, output = tmp_path / "m.jsonl", tmp_path / "h.jsonl"
    check_outputs([manifest], [output, tmp_path / "p.npz"])
    with pytest.raises(OutputError, match="is read by this command: name another output"):
        check_outputs([manifest], [tmp_path / "x" / ".." / "m.jsonl"])
    with pytest.raises(OutputError, match="is written twice"):
        check_outputs([manifest], [output, output])
    with pytest.raises(OutputError, match="a folder: name a file"):
        check_outputs([manifest], [tmp_path])


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "ref", "hyp", "--json", "ref"],
        ["score", "ref", "hyp", "--markdown", "hyp"],
        ["score", "ref", "hyp", "--normaliser", "m.jsonl", "--json", "m.jsonl"],
        ["score", "ref", "hyp", "--json", "environment.json"],
        ["compare", "ref", "hyp", "hyp", "--json", "environment.json"],
        ["compare", "ref", "hyp", "hyp", "--normaliser", "m.jsonl", "--json", "m.jsonl"],
        ["score", "ref", "hyp", "--json", "x", "--markdown", "x"],
        ["corpus", "check", "m.jsonl", "--json", "m.jsonl"],
        ["decode", "run", "m.jsonl", "--output", "m.jsonl"],
    ],
)
def test_every_command_refuses_before_it_starts(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("ref", "hyp", "m.jsonl", "environment.json"):
        (tmp_path / name).write_text("a YES\n")
    assert main(arguments) == 2
    assert capsys.readouterr().err.endswith(": name another output\n")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("ref", "hyp", "m.jsonl", "environment.json"), "a YES\n"
    )


def test_nothing_is_lost_in_a_device_and_so_it_may_be_named_twice(tmp_path):
    device = tmp_path / "null"
    device.symlink_to("/dev/null")
    check_outputs([device], [device, device])


def test_the_parts_of_a_run_are_not_replaced(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    outputs = [run / name for name in ("tokens.json", "weights/best", "decoder.json", "x/../history.jsonl")]
    check_outputs([], outputs)  # no run yet
    for name in ("config.toml", "tokens.json"):
        (run / name).touch()
    for output in outputs:
        with pytest.raises(OutputError, match=r"is a part of the run .*/run: name another output"):
            check_outputs([], [output])
    check_outputs([], [run / "hypotheses.jsonl", run / "lm" / "words.asrlm", run / "test" / "history.jsonl"])


def test_shards_are_not_replaced(tmp_path):
    for name in ("index.jsonl", "fingerprint.json"):
        (tmp_path / name).touch()
    with pytest.raises(OutputError, match="is a part of the shards"):
        check_outputs([], [tmp_path / "index.jsonl"])
    check_outputs([], [tmp_path / "hypotheses.jsonl"])


def test_a_hyphen_is_not_taken_for_a_file(tmp_path):
    for path in ("-", "-/ref.trn"):
        with pytest.raises(OutputError, match="do not go to stdout: name a file"):
            check_outputs([], [Path(path)])
