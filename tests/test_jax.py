"""Layers, model, loss and a training's steps under JAX: their own tests once more, in a process without TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the extra `jax`")

ROOT = Path(__file__).parents[1]
# Without most optimisations JAX compiles in half the time, and there is little to compute.
JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
# Of the whole model one that has every layer: outside a function JAX compiles each operation for each shape anew.
MODEL = "tests/test_model.py::test_an_utterance_alone_gives_what_it_gives_among_longer_ones_gradients_included"
ENGINE = "tests/training/test_engine.py::test"  # whole trainings are in tests/training/test_jax_engine.py
TESTS = [
    "tests/layers",
    "--ignore=tests/layers/native",  # NumPy and numba alone, the same under every backend
    "tests/test_ctc.py",
    f"{MODEL}[everything]",
    f"{ENGINE}_steps_bring_the_loss_down_in_every_precision_and_each_shape_is_traced_once[bfloat16]",
    f"{ENGINE}_a_step_with_a_gradient_that_is_not_finite_leaves_the_weights_alone",
]
PROGRAM = """
import sys, pytest
sys.modules["tensorflow"] = None  # whoever imports it fails; Keras's set_random_seed does without
sys.exit(pytest.main(["-q", "-m", "not slow", *sys.argv[1:]]))
"""


@pytest.mark.slow
def test_the_tests_of_layers_loss_and_steps_pass_under_jax_without_tensorflow():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *TESTS],
        cwd=ROOT,
        env={**environment, **JAX},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]


OTHER_BACKEND = """
import sys
import numpy as np
from asr.layers import Recurrent
given = np.load(sys.argv[1])
outputs = {}
for cell in given["cells"]:
    layer = Recurrent(6, cell=str(cell), bidirectional=True)
    layer.build((None, None, 4))
    for weight in layer.weights:
        weight.assign(given[f"{cell}.{weight.name}"])
    outputs[cell] = np.asarray(layer(given["x"], given["lengths"]))
assert "tensorflow" not in sys.modules, "TensorFlow was imported"
np.savez(sys.argv[2], **outputs)
"""


@pytest.mark.slow
def test_weights_made_under_tensorflow_give_the_same_under_jax(tmp_path):
    from asr.layers import CELLS, Recurrent

    x, lengths = np.random.default_rng(0).normal(size=(3, 7, 4)).astype("float32"), np.array([7, 0, 4])
    arrays, expected = {"cells": np.array(list(CELLS)), "x": x, "lengths": lengths}, {}
    for cell in CELLS:
        layer = Recurrent(6, cell=cell, bidirectional=True)
        expected[cell] = np.asarray(layer(x, lengths))
        arrays |= {f"{cell}.{weight.name}": np.asarray(weight) for weight in layer.weights}
    np.savez(tmp_path / "weights.npz", **arrays)
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, str(tmp_path / "weights.npz"), str(tmp_path / "found.npz")],
        cwd=ROOT,
        env={**os.environ, **JAX},
        check=True,
    )
    with np.load(tmp_path / "found.npz") as found:
        for cell, outputs in expected.items():
            np.testing.assert_allclose(found[cell], outputs, atol=1e-5)
