"""The same training on one device, on two mirrored devices, and on two workers that talk over loopback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training import strategy_worker

ROOT = Path(__file__).resolve().parents[2]
# Sums over two replicas are added in another order: float32 rounding, five steps of it.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
# Adam divides gradients by their size, and so enlarges the rounding of the smallest: 1 % of what five steps may move.
WEIGHT_TOLERANCE = {"rtol": 1e-5, "atol": 5e-5}

pytestmark = pytest.mark.slow


def start_worker(kind: str, output: Path, **environment: str) -> subprocess.Popen:
    return start([sys.executable, "-m", "tests.training.strategy_worker", kind, output], **environment)


def start(command: list[str | Path], **environment: str) -> subprocess.Popen:
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True)


def finish(*processes: subprocess.Popen) -> list[str]:
    found = []
    for process in processes:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        found.append(errors)
    return found


def worker_environments() -> list[dict[str, str]]:
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    return [{"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": i}})} for i in range(2)]


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    output = tmp_path_factory.mktemp("one") / "one.npz"
    strategy_worker.main("one", str(output))  # its devices are those of the tests' own process
    return np.load(output)


def assert_same(found, expected) -> None:
    for key in expected.files:
        if key != "replicas":
            tolerance = WEIGHT_TOLERANCE if key.startswith("weight") else TOLERANCE
            np.testing.assert_allclose(found[key], expected[key], **tolerance, err_msg=key)


def test_two_mirrored_devices_train_as_one_does(one_device, tmp_path):
    finish(start_worker("mirrored", tmp_path / "two.npz"))
    found = np.load(tmp_path / "two.npz")
    assert (one_device["replicas"], found["replicas"]) == (1, 2)
    assert_same(found, one_device)


def test_two_workers_train_as_one_process_does(one_device, tmp_path):
    outputs = [tmp_path / f"worker{index}.npz" for index in range(2)]
    workers = [
        start_worker("multi_worker", output, **environment)
        for output, environment in zip(outputs, worker_environments(), strict=True)
    ]
    finish(*workers)
    for output in outputs:
        found = np.load(output)
        assert found["replicas"] == 2
        assert_same(found, one_device)


def test_two_workers_train_one_run_folder_and_end_together(asr_commands, tiny_config, tmp_path):
    run = tmp_path / "run"
    command = [asr_commands / "asr", "train", tiny_config, "--output", run, "--set", "train.epochs=2"]
    workers = [start(command, **environment) for environment in worker_environments()]
    first, second = finish(*workers)
    assert "2 replicas, worker 0 of 2" in first
    assert "2 replicas, worker 1 of 2" in second
    assert len((run / "history.jsonl").read_text().splitlines()) == 2
    assert (run / "weights" / "best").is_file()


def test_the_steps_are_clipped_and_change_the_weights(one_device):  # else the tests above would say little
    assert (one_device["norms"] > 0.5).all()
    assert len(set(one_device["losses"])) == 5


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
