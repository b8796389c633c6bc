"""The compiled layer on NumPy arrays; what each cell should compute is tested in tests/layers/test_cells.py."""

import dataclasses
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from asr.errors import ShapeError
from asr.layers.cells.table import CELLS
from asr.layers.native.layer import Inputs, backward, forward
from tests.layers.native.layer_program import LENGTHS, example, run

ROOT = Path(__file__).parents[3]
FORK = """
import os, sys
import numpy as np
from tests.layers.native.layer_program import example, run
before = run(example())
child = os.fork()
if child == 0:
    same = all(np.array_equal(one, other) for one, other in zip(before, run(example())))
    os._exit(0 if same else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def assert_close(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * max(1.0, np.abs(other).max(initial=0)))


def in_another_process(*arguments: str, **environment: str) -> None:
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        # Keras's NumPy backend: nothing here needs TensorFlow, which takes six seconds to load.
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "numpy", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]


def test_callers_in_several_threads_at_once_get_what_one_gets():
    expected = run(example())
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: run(example()), range(8)):
            assert_close(found, expected)


@pytest.mark.parametrize("threads", ["1", "2", "3", "8", "none of your business"])
def test_the_number_of_threads_changes_nothing(threads, monkeypatch):
    expected = run(example())
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert_close(run(example()), expected)


def test_a_forked_process_computes_on():
    in_another_process("-c", FORK)


def test_no_memory_order_of_the_input_is_special():
    given = example()
    expected = run(given)
    wide = np.repeat(given.x, 2, axis=2)[:, :, ::2]
    swapped = np.ascontiguousarray(given.x.transpose(1, 0, 2)).transpose(1, 0, 2)
    frozen = given.x.copy()
    frozen.setflags(write=False)
    for x in (wide, swapped, frozen):
        assert_close(run(dataclasses.replace(given, x=x)), expected)


def test_utterances_may_come_in_any_order():
    given = example()
    outputs, last, dx, *_ = run(given)
    order = np.random.default_rng(1).permutation(len(LENGTHS))
    other = dataclasses.replace(
        given,
        x=given.x[order],
        lengths=given.lengths[order],
        mask=np.ascontiguousarray(given.mask[:, order]),
        initial=np.ascontiguousarray(given.initial[:, order]),
    )
    found = run(other)
    assert_close(found[:3], [outputs[order], last[:, order], dx[order]])


@pytest.mark.parametrize("lengths", [[3, 91, 0, 0, 0, 0, 0, 0, 0], [-1] * 9])
def test_lengths_outside_the_frames_are_refused(lengths):
    with pytest.raises(ShapeError, match=r"lengths of a recurrent layer: .*: must be from 0 to 90"):
        run(dataclasses.replace(example(), lengths=np.array(lengths)))


def test_what_was_saved_for_the_gradient_serves_once():
    given, cell = example(), CELLS["lstm"].native
    assert cell is not None
    outputs, last, saved = forward(cell, given)
    backward(cell, given, saved, outputs, last)
    with pytest.raises(RuntimeError, match="asked for twice"):
        backward(cell, given, saved, outputs, last)


def test_inputs_are_left_as_they_were():
    given = example()
    before = {field.name: getattr(given, field.name).copy() for field in dataclasses.fields(Inputs)}
    run(given)
    for name, array in before.items():
        np.testing.assert_array_equal(getattr(given, name), array)


@pytest.mark.slow
@pytest.mark.parametrize(("features", "panel"), [("+avx,+avx2,+fma,+sse4.2", 16), ("+sse4.2,+fma,+avx", 8)])
def test_processors_with_narrower_vectors_compute_the_same(features, panel, tmp_path):
    if os.uname().machine != "x86_64":
        pytest.skip("names the vectors of x86")
    environment = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(tmp_path)}
    program = str(Path(__file__).with_name("layer_program.py"))
    in_another_process(program, str(tmp_path / "found.npz"), **environment)
    with np.load(tmp_path / "found.npz") as found:
        assert found["panel"] == panel
        arrays = [found[f"arr_{number}"] for number in range(16)]
    assert_close(arrays, [*run(example()), *run(example("gru"), "gru")])
