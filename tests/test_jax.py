"""The layers, the model and the loss under JAX: their own tests once more, in a process without TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax", reason="needs the extra `jax`")

ROOT = Path(__file__).parents[1]
# Of the whole model one that has every layer: outside a function JAX compiles each operation for each shape anew.
MODEL = "tests/test_model.py::test_an_utterance_alone_gives_what_it_gives_among_longer_ones_gradients_included"
TESTS = [
    "tests/layers",
    "tests/test_ctc.py",
    f"{MODEL}[everything]",
]
PROGRAM = """
import sys, pytest
status = pytest.main(["-q", "-m", "not slow", *sys.argv[1:]])
assert "tensorflow" not in sys.modules, "TensorFlow was imported"
sys.exit(status)
"""


@pytest.mark.slow
def test_the_tests_of_layers_and_loss_pass_under_jax_without_tensorflow():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *TESTS],
        cwd=ROOT,
        env={**environment, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
