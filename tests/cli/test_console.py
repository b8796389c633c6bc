import os
import subprocess
import sys

from asr.cli import main


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
