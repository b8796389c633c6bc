import os
import subprocess
import sys

from asr.cli import main

# What is printed while a display is shown.
SHOWN = """
import argparse
from asr.cli.console import progress_bar, stderr_console
with progress_bar(stderr_console(argparse.Namespace(quiet=False))) as progress:
    progress.add_task("transcribe", total=1)
    print("a transcript")
"""


def test_a_backend_that_asr_does_not_compute_with_is_wrong_usage(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert main(["info"]) == 2
    expected = "asr: KERAS_BACKEND=torch: no backend that asr computes with: unset it, or set jax\n"
    assert capsys.readouterr().err == expected


def test_a_backend_that_is_not_installed_is_wrong_usage_and_says_how_to_get_it():
    program = "import sys; sys.modules['jax'] = None; from asr.cli import main; sys.exit(main(['info']))"
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("asr: Keras's backend jax is not installed: install keras-asr[jax]")


def test_results_go_where_stdout_goes_also_beside_a_progress_display_on_a_terminal():
    terminal, stderr = os.openpty()
    environment = os.environ | {"TERM": "xterm"}
    command = [sys.executable, "-c", SHOWN]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True, check=True)
    shown = os.read(terminal, 100_000).decode()
    os.close(stderr)
    os.close(terminal)
    assert result.stdout == "a transcript\n"
    assert "transcribe" in shown and "a transcript" not in shown
