"""Fixtures that several tests share."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.command_server import commands

# Before anything imports TensorFlow: no start-up notes, no GPU (float32 sums differ there), and one thread a worker
# where pytest-xdist runs several.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"))

# A test never times: machines differ, and other work runs beside the tests.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Begun first: a long test that one process begins last leaves the others without work.
LONG_FILES = {"test_demo.py", "test_documentation.py", "test_jax.py", "test_librispeech.py", "test_resume.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files before all others, which keep their order."""
    items.sort(key=lambda item: item.path.name not in LONG_FILES)


SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recordings beside the repository, or skip the test."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the recordings in ../shared/data")
    return SHARED_DATA


@pytest.fixture(scope="session")
def an4(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of AN4, restored in its original layout, or skip the test."""
    target = tmp_path_factory.mktemp("corpora")
    subprocess.run(
        [sys.executable, shared_data / "restore.py", target, "--only", "an4"], check=True, capture_output=True
    )
    return target / "an4"


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of short real recordings that come with the tests."""
    return Path(__file__).parent / "data"


@pytest.fixture
def decoded_lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the length of each block that PyAV decodes for `asr.audio`."""
    from asr import audio

    lengths, read_blocks = [], audio.media_blocks

    def counting(path: Path) -> Iterator[audio.Waveform]:
        for block in read_blocks(path):
            lengths.append(len(block))
            yield block

    monkeypatch.setattr(audio, "media_blocks", counting)
    return lengths


@pytest.fixture(scope="session")
def asr_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder for PATH with an ``asr`` that need not load TensorFlow each time, and a ``python``."""
    with commands(tmp_path_factory.mktemp("commands")) as folder:
        yield folder


TINY_CONFIG = """
[features]
num_mels = 20

[augment]
speeds = [0.8, 0.9, 1.0, 1.1, 1.2]

[model]
conv = [{ channels = 4, kernel = [3, 3], stride = [2, 2] }]
layers = 2
units = 16

[data]
train = ["shards"]
dev = ["shards"]
frames_per_batch = 250
num_buckets = 2

[schedule]
warmup_epochs = 1

[train]
epochs = 3
checkpoint_steps = 2
average_last = 2
"""


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """Return a configuration of a very small model, with shards of three real words at five speeds beside it."""
    from asr.config import load_config
    from asr.prepare import prepare

    path = tmp_path_factory.mktemp("tiny") / "config.toml"
    path.write_text(TINY_CONFIG)
    prepare([data / "an4.jsonl"], load_config(path), path.parent / "shards", augment=True, jobs=1)
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, tiny_config: Path) -> Path:
    """Return the run folder of a very small model after one epoch: whole, but it has learned next to nothing."""
    from asr.config import load_config
    from asr.training.train import train

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train(load_config(tiny_config, ["train.epochs=1", "data.num_buckets=1"]), folder)
    return folder


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory, tiny_run: Path, data: Path) -> Path:
    """Return a folder like that of the packaged models: ``english-small``, a very small one, and ``lm/words.asrlm``."""
    pytest.importorskip("onnx", reason="writes the model")
    from asr.decoding.lm_training import LanguageModelSettings, train_language_model
    from asr.export.package import package_run

    folder = tmp_path_factory.mktemp("installed") / "pretrained"
    lm = folder / "lm" / "words.asrlm"
    lm.parent.mkdir(parents=True)
    train_language_model([data / "an4.jsonl"], lm, LanguageModelSettings(order=2))
    package_run(tiny_run, folder / "english-small", language_model=lm, shares=True, data_set=data / "an4.jsonl")
    return folder
