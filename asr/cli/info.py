"""Versions, devices, the strategy that a training would use, packaged models; with a run or one of these, its facts.

    asr info
    asr info runs/an4
    asr info english-small

Of a model: which weights would be used, its size, features and tokens, and what its decoder has.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE
from asr.cli.model_options import model_argument
from asr.packaged import packaged_models
from asr.tokens import Tokens

if TYPE_CHECKING:
    from asr.config import ModelConfig

_LABELS_SHOWN = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "run", metavar="RUN", type=model_argument, nargs="?", help="run folder or packaged model to describe as well"
    )


def run(args: argparse.Namespace) -> int:
    """Print a line a fact."""
    from asr.cli.console import load_backend

    load_backend(args)
    from asr.run import describe_environment
    from asr.training.devices import describe_devices

    environment = describe_environment(describe_devices(), seed=None)
    for name, version in environment["versions"].items():
        print(f"{name}: {version or 'not installed'}")
    machine = environment["machine"]
    print(f"machine: {machine['system']} {machine['processor']}, {machine['cores']} cores")
    print(f"backend: {environment['backend']} (KERAS_BACKEND chooses)")
    print(f"strategy: {environment['devices']}")
    print(f"packaged models: {', '.join(packaged_models()) or 'none'}")
    if args.run is not None:
        for line in _describe_run(args.run):
            print(line)
    return DONE


def _describe_run(folder: Path) -> list[str]:
    from asr.run import load

    loaded = load(folder)
    config = loaded.config
    return [
        f"run: {folder}",
        f"weights: {loaded.weights.relative_to(folder)}",
        f"model: {_describe_layers(config.model)}, {loaded.model.num_parameters:,} parameters",
        f"features: {config.features.num_features} {config.features.kind} at {config.features.sample_rate_hz} Hz, "
        f"an output frame every {loaded.seconds_per_frame * 1000:g} ms",
        _describe_tokens(loaded.tokens),
        *_describe_decoder(folder),
        *_describe_history(folder, config.train.epochs),
    ]


def _describe_layers(model: "ModelConfig") -> str:
    directions = "bidirectional" if model.bidirectional else "unidirectional"
    recurrent = [f"{model.layers} x {model.units} {model.cell}, {directions}"] if model.layers else []
    attending = [f"{model.attention_layers} x self-attention"] if model.attention_layers else []
    return ", ".join(recurrent + attending)


def _describe_tokens(tokens: Tokens) -> str:
    shown = " ".join(tokens.labels[:_LABELS_SHOWN]) + (" ..." if len(tokens) > _LABELS_SHOWN else "")
    return f"tokens: {len(tokens)} {tokens.kind} ({shown})"


def _describe_decoder(folder: Path) -> list[str]:
    from asr.decoding.calibration import Calibration, load_calibration
    from asr.decoding.settings import language_model_file

    lm, calibration = language_model_file(folder), load_calibration(folder)
    found = [] if lm is None else [f"language model: {lm}, {lm.stat().st_size / 1e6:.1f} MB"]
    kind = "not calibrated" if calibration == Calibration() else f"calibrated ({calibration.kind})"
    return [*found, f"confidence: {kind}"]


def _describe_history(folder: Path, epochs: int) -> list[str]:
    from asr.manifest import read_json_lines
    from asr.run import HISTORY
    from asr.training.history import error_rate

    if not (folder / HISTORY).is_file():  # of a packaged model
        return []
    records = [record for _, record in read_json_lines(folder / HISTORY)]
    scored = [(*rate, record["epoch"]) for record in records if (rate := error_rate(record))]
    found = [f"epochs: {len(records)} of {epochs}"]
    if scored:
        name, rate, epoch = min(scored, key=lambda one: one[1])
        found.append(f"best: {name} {rate:.2%} on the development set, in epoch {epoch}")
    return found
