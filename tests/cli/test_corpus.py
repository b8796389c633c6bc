"""The `asr corpus` command: what it prints where, and its exit statuses."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from asr.cli import main


@pytest.fixture
def source(tmp_path):
    """Write a folder of two recordings with their texts."""
    folder = tmp_path / "source"
    folder.mkdir()
    for number, name in enumerate(("one", "two")):
        samples = 0.3 * np.sin(np.arange(16_000) * (0.1 + 0.01 * number))
        soundfile.write(folder / f"{name}.wav", samples, 16_000)
        (folder / f"{name}.txt").write_text(f"THIS IS {name.upper()}")
    return folder


def test_list_is_a_table_of_every_corpus(capsys):
    from data_prep.registry import CORPORA

    assert main(["corpus", "list"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "HOURS", "LICENCE", "WHAT"]
    assert [row.split()[0] for row in rows] == list(CORPORA)


def test_prepare_writes_a_manifest_and_says_how_much(source, tmp_path, capsys):
    assert main(["corpus", "prepare", "folder", str(tmp_path / "out"), "--from", str(source)]) == 0
    output = capsys.readouterr()
    assert output.out == f"{tmp_path / 'out' / 'all.jsonl'}: 2 utterances, 0.00 h\n"
    assert output.err == ""  # no progress where there is no terminal
    assert len((tmp_path / "out" / "all.jsonl").read_text().splitlines()) == 2


def test_a_failure_is_one_line_and_status_1_and_the_others_are_written(source, tmp_path, capsys):
    (source / "two.wav").write_bytes(b"")
    assert main(["corpus", "prepare", "folder", str(tmp_path / "out"), "--from", str(source)]) == 1
    output = capsys.readouterr()
    assert output.err.startswith("asr: two: ") and len(output.err.splitlines()) == 1
    assert "1 utterance," in output.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare", "nothing", "out"], "asr: corpus 'nothing' is unknown"),
        (["prepare", "folder", "out"], "asr: an importer has nothing to download"),
        (["prepare", "an4", "out", "--from", "nowhere"], "asr: nowhere: no such file or folder"),
        (["check", "nowhere.jsonl"], "asr: nowhere.jsonl: No such file"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["corpus", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(message) and len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_action_is_needed():
    with pytest.raises(SystemExit, match="2"):
        main(["corpus"])


def check(source, tmp_path, *options):
    main(["corpus", "prepare", "folder", str(tmp_path / "out"), "--from", str(source)])
    return main(["corpus", "check", str(tmp_path / "out" / "all.jsonl"), *options])


def test_check_prints_totals_and_findings(source, tmp_path, capsys):
    shutil.copy(source / "one.wav", source / "two.wav")
    assert check(source, tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines[0].endswith("2 utterances, 0.00 h, speakers unknown")
    assert "  lengths: 1.00 to 1.00 s, median 1.00 s" in lines
    assert lines[-2:] == ["repeated audio: 1", "  two: the same samples as one"]


def test_check_writes_json_and_takes_a_config(source, tmp_path, capsys):
    (tmp_path / "c.toml").write_text('[tokens]\nlabels = [" ", "A"]\n')
    assert check(source, tmp_path, "--config", str(tmp_path / "c.toml"), "--json", str(tmp_path / "f.json")) == 0
    value = json.loads((tmp_path / "f.json").read_text())
    assert value["utterances"] == 2
    assert {finding["kind"] for finding in value["findings"]} == {"not spellable"}


def test_check_ends_with_1_when_a_recording_cannot_be_read(source, tmp_path, capsys):
    main(["corpus", "prepare", "folder", str(tmp_path / "out"), "--from", str(source)])
    (source / "one.wav").unlink()
    assert main(["corpus", "check", str(tmp_path / "out" / "all.jsonl")]) == 1
    assert "unreadable: 1" in capsys.readouterr().out


def test_check_of_an_empty_manifest_is_one_line_and_status_2(tmp_path, capsys):
    (tmp_path / "m.jsonl").touch()
    assert main(["corpus", "check", str(tmp_path / "m.jsonl")]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", f"asr: {tmp_path / 'm.jsonl'}: no utterances: nothing to check\n")


def test_many_findings_are_cut_unless_all_are_asked_for(source, tmp_path, capsys):
    for number in range(9):
        shutil.copy(source / "one.wav", source / f"copy{number}.wav")
        (source / f"copy{number}.txt").write_text("COPY")
    assert check(source, tmp_path) == 0
    assert "  ... and 4 more (-v shows all)" in capsys.readouterr().out
    assert check(source, tmp_path, "-v") == 0
    assert "more" not in capsys.readouterr().out


def test_common_options_are_taken_before_and_after_the_action(capsys):
    assert main(["corpus", "-q", "list"]) == 0
    assert main(["corpus", "list", "-q"]) == 0
