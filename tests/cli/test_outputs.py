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
        ["score", "ref", "hyp", "--json", "x", "--markdown", "x"],
        ["corpus", "check", "m.jsonl", "--json", "m.jsonl"],
        ["decode", "run", "m.jsonl", "--output", "m.jsonl"],
    ],
)
def test_every_command_refuses_before_it_starts(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("ref", "hyp", "m.jsonl"):
        (tmp_path / name).write_text("a YES\n")
    assert main(arguments) == 2
    assert capsys.readouterr().err.endswith(": name another output\n")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("ref", "hyp", "m.jsonl"), "a YES\n"
    )
