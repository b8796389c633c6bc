import json

import pytest

from asr.cli import main


@pytest.fixture
def files(tmp_path):
    """Write references and two systems; return their paths."""
    for name, lines in {
        "ref": "a IT WAS SO\nb NO\nc YES\n",
        "one": "c YES\nb NO\na IT IS SO\n",
        "two": "a IT WAS SO\nb NOW\nc YES\n",
    }.items():
        (tmp_path / f"{name}.txt").write_text(lines)
    return [str(tmp_path / f"{name}.txt") for name in ("ref", "one", "two")]


def test_systems_are_named_after_their_files(files, capsys):
    assert main(["compare", *files]) == 0
    output = capsys.readouterr().out
    assert "one" in output and "two" in output
    assert "difference +0.00 percentage points" in output
    assert "matched pairs (MAPSSWE)" in output


def test_files_that_differ_in_their_suffix_alone_keep_it(files, tmp_path, capsys):
    (tmp_path / "one.trn").write_text("IT IS SO (a)\nNO (b)\nYES (c)\n")
    assert main(["compare", *files[:2], str(tmp_path / "one.trn")]) == 0
    output = capsys.readouterr().out
    assert "one.txt" in output and "one.trn" in output


def test_files_are_written_where_asked(files, tmp_path, capsys):
    outputs = {name: tmp_path / "out" / f"c.{name}" for name in ("json", "markdown", "html")}
    options = [word for name, path in outputs.items() for word in (f"--{name}", str(path))]
    assert main(["compare", *files, files[0], "--name", "A", "--name", "B", "--name", "truth", *options]) == 0
    values = json.loads(outputs["json"].read_text())
    assert [one["name"] for one in values["systems"]] == ["A", "B", "truth"]
    assert len(values["pairs"]) == 3
    assert outputs["markdown"].read_text().startswith("# Word error rates compared")
    assert "<title>" in outputs["html"].read_text()


def test_a_missing_hypothesis_names_the_file(files, tmp_path, capsys):
    (tmp_path / "two.txt").write_text("a IT WAS SO\nb NO\nz WHO\n")
    assert main(["compare", *files]) == 2
    assert "1 of 3 references has no hypothesis: c" in capsys.readouterr().err
    assert main(["compare", *files, "--missing", "deletions"]) == 0
    errors = capsys.readouterr().err
    assert f"{files[2]}: 1 utterance without a hypothesis, counted as deleted, such as c" in errors
    assert f"{files[2]}: 1 utterance without a reference, such as z" in errors


@pytest.mark.parametrize("names", [["--name", "A"], ["--name", "A", "--name", "A"]])
def test_each_system_needs_a_name_of_its_own(files, capsys, names):
    assert main(["compare", *files, *names]) == 2
    assert "a name of its own" in capsys.readouterr().err
