import gzip
from pathlib import Path

import pytest

from asr.cli import main

TEXT = "THE CAT SAT ON THE MAT\nTHE DOG SAT\n\nA CAT AND A DOG RAN\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_a_model_is_trained_compiled_and_measured(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arpa = tmp_path / "model.arpa.gz"
    assert main(["lm", "train", str(text), "--order", "2", "--output", str(arpa)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "3 sentences, 15 words; 12 in the vocabulary" in captured.err
    assert b"ngram 1=12\n" in gzip.decompress(arpa.read_bytes())
    assert main(["lm", "compile", str(arpa)]) == 0
    assert (tmp_path / "model.asrlm").is_file()
    capsys.readouterr()
    shown = []
    for model in (arpa, tmp_path / "model.asrlm"):
        assert main(["lm", "perplexity", str(model), str(text)]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert shown[0].startswith("sentences: 3\nwords: 15\nunknown words: 0 (0.00%)\nperplexity: ")


def test_all_options_of_training_are_heard(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vocabulary, output = tmp_path / "words.txt", tmp_path / "model.asrlm"
    vocabulary.write_text("the  DH AH0\ncat  K AE1 T\n")
    options = ["--vocabulary", vocabulary, "--normaliser", "basic", "--cutoffs", "0,0,1", "--prune", "1e-6"]
    options += ["--quantise", "--memory", "100K", "--jobs", "2", "--quiet", "--output", output]
    assert main(["lm", "train", str(text), *map(str, options)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["lm", "perplexity", str(output), str(text), "--normaliser", "basic"]) == 0
    assert "unknown words: 10 (66.67%)" in capsys.readouterr().out


def test_words_unlike_those_of_the_model_are_counted(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["lm", "train", str(text), "--output", str(tmp_path / "model.asrlm")])
    other = tmp_path / "other.txt"
    other.write_text("THE COW\n")
    assert main(["lm", "perplexity", str(tmp_path / "model.asrlm"), str(other)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "unknown words: 1 (50.00%)"
    with_unknown, without = (float(line.split(": ")[1]) for line in lines[3:])
    assert with_unknown > without


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "TEXT", "--output", "TEXT"], "is read by this command"),
        (["train", "TEXT", "--output", "model.bin"], "model.bin: of unknown kind"),
        (["train", "TEXT", "--output", "model.arpa", "--quantise"], "an ARPA file cannot be quantised"),
        (["train", "TEXT", "--output", "model.arpa", "--cutoffs", "1,0"], "begin with 0"),
        (["train", "none.txt", "--output", "model.arpa"], "none.txt: No such file"),
        (["train", "said.csv", "--output", "model.arpa"], "said.csv: a file of transcripts, not plain text"),
        (["compile", "TEXT"], "text.txt:1: not an ARPA file"),
        (["compile", "none.arpa"], "none.arpa: No such file"),
        (["perplexity", "none.arpa", "TEXT"], "none.arpa: No such file"),
    ],
)
def test_wrong_usage_is_one_line_and_writes_nothing(
    text: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(text.parent)
    assert main(["lm", *(str(text) if argument == "TEXT" else argument for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("asr: ") and error.count("\n") == 1
    assert [path.name for path in text.parent.iterdir()] == ["text.txt"] and text.read_text() == TEXT


@pytest.mark.parametrize(
    "option", [["--cutoffs", "0;1"], ["--prune", "1.5"], ["--prune", "x"], ["--memory", "much"], ["--order", "0"]]
)
def test_a_value_that_is_no_such_number_ends_with_status_2(text: Path, option: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["lm", "train", str(text), "--output", "model.arpa", *option])
    assert raised.value.code == 2
