"""Trainings that are killed at any moment, and go on as if nothing had happened."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from asr.cli import main
from asr.files import held

pytestmark = pytest.mark.slow


def start(config: Path, run: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "asr", "train", str(config), "--output", str(run), *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def train_to_the_end(asr_commands):
    """Return a function that trains from beginning to end and returns what was said."""

    def train(config: Path, run: Path, *options: str) -> str:
        command = [asr_commands / "asr", "train", config, "--output", run, *options]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stderr

    return train


def wait_for(condition, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, f"ended too soon: {process.stderr.read()}"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def last_step(run: Path) -> int:
    pointer = run / "weights" / "last"
    return int(pointer.read_text().split("-")[1]) if pointer.exists() else 0


def weights(path: Path) -> dict[str, np.ndarray]:
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def history(run: Path) -> list[dict]:
    records = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "timing"} for record in records]


def assert_same_run(first: Path, second: Path) -> None:
    assert history(first) == history(second)
    assert {p.name for p in (first / "weights").iterdir()} == {p.name for p in (second / "weights").iterdir()}
    for folder in sorted((first / "weights").glob("step-*")):
        ours, theirs = (weights(run / "weights" / folder.name / "model.weights.h5") for run in (first, second))
        assert ours.keys() == theirs.keys()
        assert len(ours) > 10
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
        ours, theirs = (np.load(run / "weights" / folder.name / "optimizer.npz") for run in (first, second))
        for name in ours.files:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@pytest.fixture(scope="module")
def uninterrupted(train_to_the_end, tiny_config, tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    train_to_the_end(tiny_config, run)
    return run


def test_a_killed_training_ends_with_the_same_bits(uninterrupted, train_to_the_end, tiny_config, tmp_path):
    rng = random.Random(1)
    run, total = tmp_path / "run", last_step(uninterrupted)
    for kill_at in sorted(rng.sample(range(1, total - 6), 2)):
        process = start(tiny_config, run, "--resume")
        wait_for(lambda: last_step(run) >= kill_at, process)  # noqa: B023  # called within this turn
        time.sleep(rng.random() * 0.05)  # anywhere in a step, or while it writes
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert last_step(run) < total, "killed too late to say anything"
    assert "resumed after step" in train_to_the_end(tiny_config, run, "--resume")
    assert_same_run(run, uninterrupted)


def test_ctrl_c_writes_a_checkpoint_of_the_step_and_exits_with_130(
    uninterrupted, train_to_the_end, tiny_config, tmp_path
):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.toml").write_text("")  # of a training that ended before it had anything to lose
    settings = ["--set", "train.checkpoint_steps=0"]
    process = start(tiny_config, run, *settings)
    wait_for(lambda: list(run.glob("logs/*")), process)
    time.sleep(0.5)  # in the first step
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 130, errors
    assert "stopping at the next step, with a checkpoint" in errors
    assert errors.strip().endswith("asr: interrupted")
    assert last_step(run) > 0
    train_to_the_end(tiny_config, run, "--resume", *settings)
    assert history(run) == history(uninterrupted)


def refusal(capsys, config: Path, run: Path, *options: str) -> str:
    """Return what `asr train` says that will not start; it needs no process of its own for that."""
    assert main(["train", str(config), "--output", str(run), *options]) == 2
    return capsys.readouterr().err


def test_a_finished_run_is_not_written_over(uninterrupted, tiny_config, capsys):
    before = {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*.h5")}
    errors = refusal(capsys, tiny_config, uninterrupted)
    assert errors.strip().splitlines()[-1].startswith(f"asr: {uninterrupted}: holds a run already: add --resume")
    assert before == {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*.h5")}


def test_two_trainings_do_not_share_a_folder(uninterrupted, tiny_config, capsys):
    with held(uninterrupted) as free:
        assert free
        errors = refusal(capsys, tiny_config, uninterrupted, "--resume")
    assert errors.endswith(f"asr: {uninterrupted}: another asr train is at work on it: wait until it has finished\n")


def test_resuming_with_other_data_is_refused(uninterrupted, tiny_config, tmp_path, capsys):
    run = shutil.copytree(uninterrupted, tmp_path / "run")
    state = run / "weights" / (run / "weights" / "last").read_text().strip() / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"data": "another digest"}))
    errors = refusal(capsys, tiny_config, run, "--resume")
    assert "the training shards have changed since it was started: bring back the old ones" in errors


def test_resuming_with_another_configuration_is_refused(uninterrupted, tiny_config, capsys):
    errors = refusal(capsys, tiny_config, uninterrupted, "--resume", "--set", "model.units=8")
    assert "was started with another configuration" in errors
    assert os.listdir(uninterrupted)
