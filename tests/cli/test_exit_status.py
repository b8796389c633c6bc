"""Exit statuses that have to do with where the output goes."""

import argparse
import os
import subprocess
import sys

import pytest

from asr.cli import main
from asr.cli.console import stderr_console


@pytest.fixture
def texts(tmp_path) -> str:
    path = tmp_path / "text"
    path.write_text("a YES\n")
    return str(path)


def asr(*arguments: str, stdout: int, unbuffered: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-u"] if unbuffered else []), "-m", "asr", *arguments]
    # Unbuffered, argparse itself would meet the error, and pass over it.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=environment)


@pytest.mark.parametrize("command", ["--help", "score --help", "corpus list", "score"])
def test_a_reader_that_went_away_ends_the_command_silently_with_141(command, texts):
    arguments = command.split() if command != "score" else ["score", texts, texts]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = asr(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (result.returncode, result.stderr) == (141, "")


def test_files_are_written_before_a_reader_that_went_away_is_noticed(texts, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    asr("score", texts, texts, "--json", str(tmp_path / "scores.json"), stdout=writer)
    os.close(writer)
    assert (tmp_path / "scores.json").is_file()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_full_disk_is_one_line(texts, unbuffered):
    with open("/dev/full", "w") as full:
        result = asr("score", texts, texts, stdout=full.fileno(), unbuffered=unbuffered)
    assert result.returncode == 2
    assert result.stderr == "asr: stdout: No space left on device: choose another place or make room\n"


def test_a_closed_stdout_is_one_line(texts):
    command = [sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.executable, sys.argv[1:])"]
    program = [sys.executable, "-m", "asr", "score", texts, texts]
    result = subprocess.run([*command, *program], stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "asr: stdout is closed: give it somewhere to go, as in > /dev/null\n"


def test_debug_adds_the_traceback_and_changes_nothing_else(tmp_path, capsys):
    command = ["score", str(tmp_path / "nothing"), str(tmp_path / "nothing")]
    assert main(command) == 2
    line = capsys.readouterr().err
    assert main([*command, "--debug"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Traceback") and error.endswith(f"\n{line}")


def test_the_bare_command_is_wrong_usage_and_shows_the_help(capsys):
    assert main([]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("usage: asr ")


@pytest.mark.parametrize("options", [["-q"], ["--debug", "-v"]])
def test_options_before_the_command_are_told_where_they_stand(options, capsys):
    assert main([*options, "score", "a", "b"]) == 2
    named = " ".join(options)
    line = f"asr: {named}: options stand after the command: asr score {named} ...\n"
    assert capsys.readouterr().err.endswith(line)


@pytest.mark.parametrize("arguments", [["score", "a", "b", "--mark", "c"], ["corpus", "check", "m", "--js", "f"]])
def test_options_are_not_abbreviated(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "unrecognized arguments" in capsys.readouterr().err


def test_what_a_corpus_says_is_never_markup(capsys):
    stderr_console(argparse.Namespace(quiet=False)).print("dev: a[/b]: character '[' of '[noise] YES'")
    assert capsys.readouterr().err == "dev: a[/b]: character '[' of '[noise] YES'\n"
