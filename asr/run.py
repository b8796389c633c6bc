"""The run folder: all that a trained model is, on disk, and the model that comes back from it.

A run is self-contained: configuration, tokens, front end and weights lie together, so that no later command asks for
model flags. `asr.training` fills the folder; everything else reads it here.
"""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from asr.audio import Waveform, resample
from asr.config import Config, dump_config, load_config
from asr.errors import ConfigError, RunError
from asr.features import Frames, FrontEnd, compute_features, hop_size, normalise
from asr.files import write_atomically
from asr.model import AcousticModel, inference, output_lengths
from asr.tokens import Tokens

CONFIG, TOKENS, FEATURES, WEIGHTS = "config.toml", "tokens.json", "features.npz", "weights"
HISTORY, EXCLUDED, ENVIRONMENT, LOGS = "history.jsonl", "excluded.jsonl", "environment.json", "logs"
MODEL_WEIGHTS, AVERAGE = "model.weights.h5", "average.weights.h5"
BEST, LAST = "best", "last"  # files that hold the name of a checkpoint

# Inference pads to few lengths, for the recurrent loop is compiled once for each: 1.25 times the one before.
_SHORTEST, _GROWTH = 64, 1.25
_FRAMES_PER_BATCH = 16_000
_LARGEST_BATCH = 32


@dataclass(frozen=True)
class Run:
    """A trained model with all that belongs to it.

    Attributes:
        folder: where it lies.
        config: resolved, every default written out.
        tokens: its labels.
        front_end: makes and normalises frames.
        model: the Keras model.
        weights: the file that they were read from.
    """

    folder: Path
    config: Config
    tokens: Tokens
    front_end: FrontEnd
    model: AcousticModel
    weights: Path

    @cached_property
    def seconds_per_frame(self) -> float:
        """Time from one output frame to the next."""
        features = self.config.features
        return hop_size(features) / features.sample_rate_hz * self.config.model.time_stride

    @cached_property
    def _inference(self) -> Callable[[np.ndarray, np.ndarray], Any]:
        return inference(self.model)

    def log_probs(self, waveform: Waveform, sample_rate_hz: int) -> np.ndarray:
        """Return the log-probabilities [T', V] of one recording.

        Args:
            waveform: [N] samples in -1..1, one channel.
            sample_rate_hz: of the waveform; it is resampled to the model's.

        Raises:
            UtteranceError: the recording is shorter than a frame.
        """
        features = self.config.features
        waveform = resample(waveform, sample_rate_hz, features.sample_rate_hz)
        return next(self.log_probs_of_frames([compute_features(waveform, features)]))

    def log_probs_of_frames(self, frames: Sequence[Frames]) -> Iterator[np.ndarray]:
        """Yield the log-probabilities [T', V] of each utterance's frames, in order.

        Args:
            frames: [T, F] each, not normalised, as `asr.features.compute_features` makes them and shards hold them.
        """
        results: dict[int, np.ndarray] = {}
        for members, length in _batches([len(f) for f in frames]):
            results |= zip(members, self._batch_log_probs([frames[i] for i in members], length), strict=True)
        yield from (results[index] for index in range(len(frames)))

    def _batch_log_probs(self, frames: Sequence[Frames], length: int) -> list[np.ndarray]:
        rows = 1 << (len(frames) - 1).bit_length()  # few batch sizes, too; rows without an utterance stay empty
        padded = np.zeros((rows, length, self.config.features.num_features), np.float32)
        lengths = np.zeros(rows, np.int32)
        for row, utterance in enumerate(frames):
            padded[row, : len(utterance)] = normalise(utterance, self.front_end)
            lengths[row] = len(utterance)
        logits = np.asarray(self._inference(padded, lengths))
        ends = output_lengths(self.config.model, lengths)
        return [log_softmax(logits[row, : ends[row]]) for row in range(len(frames))]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return natural log-probabilities over the last axis, float32."""
    shifted = logits - logits.max(axis=-1, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _batches(num_frames: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Yield indices of utterances that go together, and the length that they are padded to."""
    waiting: list[int] = []
    for index in sorted(range(len(num_frames)), key=lambda i: num_frames[i]):
        length = _padded_length(num_frames[index])
        fitting = max(1, min(_LARGEST_BATCH, _FRAMES_PER_BATCH // length))
        if waiting and (len(waiting) >= fitting or length != _padded_length(num_frames[waiting[0]])):
            yield waiting, _padded_length(num_frames[waiting[0]])
            waiting = []
        waiting.append(index)
    if waiting:
        yield waiting, _padded_length(num_frames[waiting[0]])


def _padded_length(num_frames: int) -> int:
    length = _SHORTEST
    while length < num_frames:
        length = int(length * _GROWTH)
    return length


def create(folder: Path, config: Config, tokens: Tokens, front_end: FrontEnd, devices: str) -> None:
    """Write the parts of a run folder that are known before training; ``devices`` says on which it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens.save(folder / TOKENS)
    front_end.save(folder / FEATURES)
    environment = json.dumps(describe_environment(devices, config.train.seed), indent=1)
    write_atomically(folder / ENVIRONMENT, environment.encode())
    write_atomically(folder / CONFIG, dump_config(config).encode())  # last: a folder with a config is a run


def load(folder: str | Path) -> Run:
    """Return the run in a folder, with the averaged weights where there are any, else the best, else the last.

    Raises:
        RunError: the folder is not a run, has no weights yet, or its parts disagree.
    """
    folder = Path(folder)
    config = read_config(folder)
    tokens = Tokens.load(folder / TOKENS)
    front_end = FrontEnd.load(folder / FEATURES)
    if front_end.config != config.features:
        raise RunError(f"{folder}: {FEATURES} was made with other settings than {CONFIG}: restore the run folder")
    weights = find_weights(folder)
    model = AcousticModel(config.model, config.features.num_features, len(tokens), config.train.precision)
    try:
        model.load_weights(weights)
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            f"{weights}: does not fit {CONFIG} and the {len(tokens)} labels of {TOKENS}: restore the run folder"
        ) from error
    return Run(folder, config, tokens, front_end, model, weights)


def read_config(folder: Path) -> Config:
    """Return the configuration of the run in a folder.

    Raises:
        RunError: the folder is not a run, or its configuration is not one.
    """
    if not (folder / CONFIG).is_file():
        raise RunError(f"{folder}: not a run folder (no {CONFIG}): name a folder that asr train wrote")
    try:
        return load_config(folder / CONFIG)
    except ConfigError as error:
        raise RunError(str(error)) from error


def find_weights(folder: Path) -> Path:
    """Return the weight file of a run folder that decoding uses.

    Raises:
        RunError: there is none yet.
    """
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
    backend = keras.backend.backend()
    computing = ("jax", "jaxlib") if backend == "jax" else ("tensorflow",)
    packages = ("keras-asr", "keras", *computing, "librosa", "numba", "numpy", "soundfile")
    return {
        "backend": backend,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": _num_cores()},
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


def _num_cores() -> int:
    return len(os.sched_getaffinity(0))


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
