"""Trainings under JAX, in processes that must not load TensorFlow, beside the same under TensorFlow in this one."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from asr.audio import read_audio
from asr.config import load_config
from asr.errors import ConfigError
from asr.run import load
from asr.training.devices import choose_devices
from asr.training.evaluation import evaluate
from asr.training.setup import set_up
from asr.training.train import train
from tests.training.test_resume import assert_same_run, history, last_step, wait_for

pytest.importorskip("jax", reason="needs the extra `jax`")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # tensorboardX's protobuf

SETTINGS = ["model.layers=1", "train.epochs=2", "train.average_last=0", "data.num_buckets=1"]
# Each argument is a command of asr.
PROGRAM = """
import shlex, sys
from asr.cli import main
statuses = [main(shlex.split(command)) for command in sys.argv[1:]]
assert "tensorflow" not in sys.modules, "TensorFlow was imported"
sys.exit(max(statuses))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """Return a folder in which the processes find what others of them compiled."""
    return tmp_path_factory.mktemp("compiled")


def start(cache: Path, *commands: str) -> subprocess.Popen:
    jax = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # compiles in half the time, and there is little to compute
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    command = [sys.executable, "-c", PROGRAM, *commands]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=os.environ | jax, **pipes)


def finish(process: subprocess.Popen) -> tuple[str, str]:
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return output, errors


def training(config: Path, run: Path, *options: str) -> str:
    return " ".join(["train", f"{config}", f"--output {run}", *(f"--set {s}" for s in SETTINGS), *options])


@pytest.fixture(scope="module")
def stopped_run(tiny_config, tmp_path_factory) -> Path:
    """Return a run that was trained under TensorFlow for the first of its two epochs."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    run = tmp_path_factory.mktemp("tensorflow") / "run"
    train(load_config(tiny_config, SETTINGS), run, callbacks=[Stop()])
    return run


@pytest.fixture(scope="module")
def under_jax(tiny_config, stopped_run, cache, data, tmp_path_factory) -> tuple[Path, Path, str]:
    """Return a run trained under JAX, the stopped one finished there, and what the first one's other commands said."""
    folder = tmp_path_factory.mktemp("jax")
    run, finished = folder / "run", shutil.copytree(stopped_run, folder / "finished")
    commands = [
        training(tiny_config, run),
        training(tiny_config, finished, "--resume"),
        f"decode {run} {data / 'an4.jsonl'} --output {folder / 'hypotheses.jsonl'} "
        f"--save-log-probs {folder / 'log_probs.npz'}",
        f"transcribe {data / 'an440-mjgm-b.flac'} -m {run} -f json",
        f"info {run}",
    ]
    output, _ = finish(start(cache, *commands))
    return run, finished, output


def test_a_seed_gives_the_same_losses_under_both_backends(under_jax, stopped_run):
    run, _, _ = under_jax
    ours, theirs = history(run)[0], history(stopped_run)[0]
    assert ours["step"] == theirs["step"] > 3
    for key in ("loss", "val_loss", "learning_rate"):
        assert ours[key] == pytest.approx(theirs[key], rel=1e-4), key  # float32 sums in another order


def test_a_training_goes_on_under_the_other_backend(under_jax, tiny_config):
    run, finished, _ = under_jax
    for key in ("loss", "val_loss"):
        assert history(finished)[1][key] == pytest.approx(history(run)[1][key], rel=1e-3), key
    # And back: a checkpoint of JAX's, weights and optimizer, in TensorFlow's engine.
    config = load_config(tiny_config, SETTINGS)
    setup = set_up(config, replicas=1, is_chief=True, tokens=None, say=lambda text: None)
    engine = choose_devices("one").make_engine(config, len(setup.tokens), setup.steps_per_epoch)
    engine.restore(run / "weights" / f"step-{last_step(run)}")
    last = history(run)[-1]
    assert engine.learning_rate == pytest.approx(last["learning_rate"], rel=1e-5)
    assert evaluate(engine, setup).loss == pytest.approx(last["val_loss"], rel=1e-4)


def test_a_run_of_one_backend_is_decoded_by_the_other(under_jax, data):
    run, _, _ = under_jax
    with np.load(run.parent / "log_probs.npz") as found:
        for name in found.files:
            waveform = read_audio(next(data.glob(f"{name}.*")), sample_rate_hz=16_000)
            expected = load(run).log_probs(waveform, 16_000)
            np.testing.assert_allclose(found[name], expected, atol=1e-4, err_msg=name)
        assert len(found.files) == 3


def test_info_and_the_run_folder_name_jax_and_its_device(under_jax):
    run, _, output = under_jax
    assert "backend: jax" in output
    assert "strategy: JAX, 1 device: cpu:0" in output
    environment = json.loads((run / "environment.json").read_text())
    assert environment["backend"] == "jax"
    assert environment["devices"] == "JAX, 1 device: cpu:0"
    assert environment["versions"]["jaxlib"]
    assert "tensorflow" not in environment["versions"]


def test_a_training_killed_under_jax_ends_with_the_same_bits(under_jax, tiny_config, cache, tmp_path):
    whole, run = under_jax[0], tmp_path / "run"
    process = start(cache, training(tiny_config, run))
    wait_for(lambda: last_step(run) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 2 <= last_step(run) < last_step(whole), "killed too late to say anything"
    _, errors = finish(start(cache, training(tiny_config, run, "--resume")))
    assert "resumed after step" in errors
    assert_same_run(run, whole)


def test_a_strategy_that_jax_does_not_have_is_an_error():
    from asr.training.jax_engine import describe

    with pytest.raises(ConfigError, match=r'train\.strategy = "mirrored": under JAX a training has one device'):
        describe("mirrored")
