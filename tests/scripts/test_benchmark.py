"""The benchmarks on sizes that take no time: that every contender runs and what is written, never how fast.

The script is run as its users run it.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "benchmark.py"
CONTENDERS = ["ours", "pytorch_unpacked", "pytorch_packed", "keras_stock"]
PYTORCH = importlib.util.find_spec("torch") is not None


def benchmark(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def without_pytorch(folder: Path) -> str:
    """Return a PYTHONPATH on which PyTorch cannot be imported, wherever it is installed."""
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    return str(folder)


def test_a_contender_that_is_not_installed_is_left_out_and_named(tmp_path):
    arguments = ("train", "--case", "tiny", "--contenders", "pytorch_packed", "--json", tmp_path / "result.json")
    result = benchmark(*arguments, PYTHONPATH=without_pytorch(tmp_path))
    assert result.returncode == 1  # nothing was left to time
    assert "pytorch_packed: left out: No module named 'torch'" in result.stderr
    content = json.loads((tmp_path / "result.json").read_text())
    assert content["results"] == []
    assert content["left_out"] == {"pytorch_packed": "No module named 'torch'"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--case", "z*"), "--case z*: unknown: choose of a, b, frames-100"),
        (("train", "--contenders", "theirs"), "invalid choice: 'theirs'"),
        (("features", "--data", "."), "no recordings: name a folder with --data"),
    ],
)
def test_what_cannot_be_timed_is_refused_in_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = benchmark(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["train", "infer"])
def test_every_contender_that_is_there_runs_and_the_figures_fit_together(mode, tmp_path):
    path = tmp_path / "result.json"
    arguments = ("train", "--case", "tiny", "--mode", mode, "--repeats", "3", "--json", path)
    wanted = CONTENDERS if mode == "train" else ["ours"]  # the frameworks take seconds to start, in each case again
    result = benchmark(*arguments, "--contenders", *wanted)
    assert result.returncode == 0, result.stderr
    content = json.loads(path.read_text())
    machine, rows = content["machine"], content["results"]
    assert machine["cores"] >= 1 and machine["memory_gb"] > 0 and machine["matmul_peak_gflops"] > 0
    assert {"python", "keras", "tensorflow", "numpy"} <= machine["versions"].keys()
    there = {name for name in wanted if PYTORCH or not name.startswith("pytorch")}
    assert {row["contender"] for row in rows} == there
    assert content["left_out"].keys() == set(wanted) - there
    assert {row["batch"] for row in rows} == ({3} if mode == "train" else {1, 3})
    for row in rows:
        assert row["case"] == "tiny" and row["mode"] == mode
        assert len(row["seconds"]) == 3
        assert row["median"] == pytest.approx(statistics.median(row["seconds"]), abs=2e-6)
        assert row["peak_mb"] >= row["base_mb"] > 0
        assert (row["ratio_to_ours"] == 1) or row["contender"] != "ours"
        assert row["frames"] == (12 + 9 + 5 if row["batch"] == 3 else 12)
        assert row["gflop"] == pytest.approx(flop_of_tiny(mode) * row["frames"] / 1e9, abs=1e-6)
        assert f"| tiny | {row['batch']} | {row['contender']} |" in result.stdout


def flop_of_tiny(mode: str) -> int:
    """Count what a true frame costs: 2 layers of 8 units in 2 directions on 6 features, 5 classes."""
    first_input, recurrent, second_input, output = 2 * 6 * 32, 2 * 8 * 32, 2 * 16 * 32, 16 * 5
    products = first_input + 2 * recurrent + second_input + output  # multiplications and additions, the forward pass
    if mode == "infer":
        return 2 * products
    return 2 * (3 * products - first_input)  # no gradient of the first layer's input


@pytest.mark.slow
def test_preparing_features_is_compared_with_a_bare_loop(data, tmp_path):
    path = tmp_path / "result.json"
    result = benchmark("features", "--data", data, "--hours", "0.005", "--jobs", "1", "--repeats", "1", "--json", path)
    assert result.returncode == 0, result.stderr
    rows = {row["contender"]: row for row in json.loads(path.read_text())["results"]}
    assert rows.keys() == {"ours", "ours_start", "bare_loop"}
    assert rows["ours"]["audio_seconds"] >= 18
    ideal, ours = rows["bare_loop"]["audio_per_second"], rows["ours"]["audio_per_second"]
    assert rows["ours"]["of_ideal"] == pytest.approx(ours / ideal, rel=0.05)
    assert rows["bare_loop"]["of_ideal"] is None
