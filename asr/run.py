"""The run folder: all that a trained model is, on disk, and the model that comes back from it.

A run is self-contained: configuration, tokens, front end and weights lie together, so that no later command asks for
model flags. `asr.training` fills the folder; everything else reads it here.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asr.config import Config, dump_config, load_config
from asr.cores import num_cores
from asr.errors import ConfigError, RunError
from asr.features import FrontEnd
from asr.files import write_atomically
from asr.onnx_model import OnnxModel
from asr.packaged import find_model, known_models
from asr.tokens import Tokens
from asr.trained_model import BatchLimits, TrainedModel
from asr.weights_file import load_weights

if TYPE_CHECKING:
    from asr.model import AcousticModel  # brings Keras, which a run folder can be read without

CONFIG, TOKENS, FEATURES, WEIGHTS = "config.toml", "tokens.json", "features.npz", "weights"
HISTORY, EXCLUDED, ENVIRONMENT, LOGS = "history.jsonl", "excluded.jsonl", "environment.json", "logs"
MODEL_WEIGHTS, AVERAGE = "model.weights.h5", "average.weights.h5"
PACKED_WEIGHTS = "weights.npz"  # in the place of the folder of weights: of a packaged model
ONLY_TRAINED = "intermediate."  # weights of losses within the network, which nothing but a training reads
BEST, LAST = "best", "last"  # files that hold the name of a checkpoint
MODEL_ONNX, MODEL_INT8 = "model.onnx", "model.int8.onnx"
RUNTIMES = ("onnx", "int8", "keras")  # what can compute a trained model

# Keras's runtime pads to few lengths, for the recurrent loop is compiled once for each: 1.25 times the one before.
_SHORTEST, _GROWTH = 64, 1.25


def _padded_length(num_frames: int) -> int:
    length = _SHORTEST
    while length < num_frames:
        length = int(length * _GROWTH)
    return length


# Few batch sizes, too.
_KERAS_LIMITS = BatchLimits(padded_length=_padded_length, rows=lambda num: 1 << (num - 1).bit_length())


@dataclass(frozen=True)
class Run(TrainedModel):
    """A trained model that Keras computes.

    Attributes:
        model: the Keras model.
        weights: the file that they were read from.
    """

    model: "AcousticModel"
    weights: Path

    @property
    def batch_limits(self) -> BatchLimits:
        """How many utterances are computed together."""
        return _KERAS_LIMITS

    @cached_property
    def _inference(self) -> Callable[[np.ndarray, np.ndarray], Any]:
        from asr.model import inference

        return inference(self.model)

    def compute(self, frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return logits; see `TrainedModel.compute`."""
        return np.asarray(self._inference(frames, lengths))


def create(folder: Path, config: Config, tokens: Tokens, front_end: FrontEnd, devices: str) -> None:
    """Write the parts of a run folder that are known before training; ``devices`` says on which it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens.save(folder / TOKENS)
    front_end.save(folder / FEATURES)
    environment = json.dumps(describe_environment(devices, config.train.seed), indent=1)
    write_atomically(folder / ENVIRONMENT, environment.encode())
    write_atomically(folder / CONFIG, dump_config(config).encode())  # last: a folder with a config is a run


def load(folder: str | Path, *, precision: str | None = None) -> Run:
    """Return the run in a folder, with the averaged weights where there are any, else the best, else the last.

    Args:
        folder: of the run, or a packaged model's name.
        precision: of the layers' arithmetic; None: as in training.

    Raises:
        RunError: the folder is not a run, has no weights yet, or its parts disagree.
    """
    from asr.model import AcousticModel

    folder = find_model(folder)
    config, tokens, front_end = _read_parts(folder)
    weights = find_weights(folder)
    precision = precision or config.train.precision
    model = AcousticModel(config.model, config.features.num_features, len(tokens), precision)
    try:
        _read_weights(model, weights)
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            f"{weights}: does not fit {CONFIG} and the {len(tokens)} labels of {TOKENS}: restore the run folder"
        ) from error
    return Run(folder, config, tokens, front_end, model, weights)


def _read_weights(model: "AcousticModel", path: Path) -> None:
    """Give a model the weights of a file, either of Keras's or packed ones."""
    from asr.model import named_weights

    if path.name != PACKED_WEIGHTS:
        model.load_weights(path)
        return
    packed = load_weights(path)
    for name, variable in named_weights(model).items():
        if not name.startswith(ONLY_TRAINED):
            variable.assign(packed[name].astype(np.float32))


def load_onnx(folder: str | Path, *, int8: bool = False, threads: int | None = None) -> OnnxModel:
    """Return the model that ``asr export`` or ``asr package`` has put into a run folder; Keras is not loaded.

    Args:
        folder: of the run, or a packaged model's name.
        int8: whether it is the model of 8-bit integers.
        threads: that compute a batch; None: one a core.

    Raises:
        RunError: there is none, it is damaged, or it was made of another run or of other weights; or onnxruntime
            cannot be imported.
    """
    folder = find_model(folder)
    path = folder / (MODEL_INT8 if int8 else MODEL_ONNX)
    if not path.is_file():
        raise RunError(f"{path}: not there: make it with asr export {folder} --format onnx{' --int8' if int8 else ''}")
    model = OnnxModel(folder, *_read_parts(folder), path, threads)
    for name, digest in describe_source(folder).items():
        if model.metadata.get(name) != digest:
            raise RunError(
                f"{path}: was made of other {name} than the run has now: "
                f"run asr export again, or choose --runtime keras"
            )
    return model


def load_for(folder: str | Path, runtime: str | None = None, threads: int | None = None) -> TrainedModel:
    """Return the model in a run folder, computed by a runtime.

    Args:
        folder: of the run, or a packaged model's name.
        runtime: one of `RUNTIMES`; None: onnx where ``asr export`` has made a model and onnxruntime is installed,
            otherwise keras.
        threads: as `load_onnx`; Keras takes its own.

    Raises:
        RunError: as `load` and `load_onnx`.
    """
    runtime = runtime or default_runtime(folder)
    return load(folder) if runtime == "keras" else load_onnx(folder, int8=runtime == "int8", threads=threads)


def default_runtime(folder: str | Path) -> str:
    """Return the runtime that computes a run where none is asked for."""
    there = (find_model(folder) / MODEL_ONNX).is_file() and importlib.util.find_spec("onnxruntime") is not None
    return "onnx" if there else "keras"


def describe_source(folder: Path) -> dict[str, str]:
    """Return digests of what an exported model is made of and read with; of weights only where the folder has some."""
    parts = {"tokens": folder / TOKENS, "features": folder / FEATURES}
    if (folder / WEIGHTS).is_dir() or (folder / PACKED_WEIGHTS).is_file():
        parts["weights"] = find_weights(folder)
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in parts.items()}


def _read_parts(folder: Path) -> tuple[Config, Tokens, FrontEnd]:
    """Return what every runtime reads."""
    config = read_config(folder)
    tokens = Tokens.load(folder / TOKENS)
    front_end = FrontEnd.load(folder / FEATURES)
    if front_end.config != config.features:
        raise RunError(f"{folder}: {FEATURES} was made with other settings than {CONFIG}: restore the run folder")
    return config, tokens, front_end


def read_config(folder: Path) -> Config:
    """Return the configuration of the run in a folder.

    Raises:
        RunError: the folder is not a run, or its configuration is not one.
    """
    if not (folder / CONFIG).is_file():
        raise RunError(f"{folder}: not a run folder (no {CONFIG}): {known_models()}")
    try:
        return load_config(folder / CONFIG)
    except ConfigError as error:
        raise RunError(str(error)) from error


def find_weights(folder: Path) -> Path:
    """Return the weight file of a run folder that decoding uses.

    Raises:
        RunError: there is none yet.
    """
    if (folder / PACKED_WEIGHTS).is_file():
        return folder / PACKED_WEIGHTS
    average = folder / WEIGHTS / AVERAGE
    if average.is_file():
        return average
    for name in (BEST, LAST):
        pointer = folder / WEIGHTS / name
        if pointer.is_file() and (weights := pointer.parent / pointer.read_text().strip() / MODEL_WEIGHTS).is_file():
            return weights
    raise RunError(f"{folder}: no weights yet: let asr train finish an epoch, or continue it with --resume")


def describe_environment(devices: str, seed: int | None) -> dict[str, Any]:
    """Return what a result depends on besides config and data: versions, machine, devices, commit, command, seed."""
    import keras

    backend = keras.backend.backend()
    computing = ("jax", "jaxlib") if backend == "jax" else ("tensorflow",)
    packages = ("keras-asr", "keras", *computing, "librosa", "numba", "numpy", "soundfile")
    return {
        "backend": backend,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": num_cores()},
        "devices": devices,
        "commit": _commit(),
        "command": ["asr", *sys.argv[1:]],
        "seed": seed,
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the commit of the checkout that this program runs from, with ``+`` when files differ from it."""
    here = Path(__file__)
    try:
        # Installed from a wheel, it may lie in a checkout of something else.
        _git(here.parent, "ls-files", "--error-unmatch", here.name)
        return _git(here.parent, "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
