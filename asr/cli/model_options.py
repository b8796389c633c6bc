"""The options that say what computes a trained model, and the model that they ask for."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli.console import load_backend
from asr.cli.numbers import positive

if TYPE_CHECKING:
    from asr.trained_model import TrainedModel


def add_runtime_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare --runtime and --threads."""
    parser.add_argument(
        "--runtime",
        choices=("onnx", "int8", "keras"),
        help="what computes the model: ONNX Runtime, in float32 or 8-bit integers, with what asr export has written, "
        "or Keras (default: onnx where RUN has a model.onnx, otherwise keras)",
    )
    parser.add_argument("--threads", metavar="N", type=positive, help="threads (default, and most: one a core)")


def model_argument(text: str) -> Path:
    """Return the folder of a model: a packaged one's where its name is given, else a run folder."""
    from asr.packaged import find_model

    if not text:
        raise argparse.ArgumentTypeError("is empty: name a run folder or a packaged model")
    return find_model(text)


def load_model(args: argparse.Namespace, folder: Path) -> "TrainedModel":
    """Return the model in a run folder, by the runtime that the options ask for; Keras is loaded only for its own."""
    from asr.run import default_runtime, load_for, read_config

    runtime = args.runtime or default_runtime(folder)
    if runtime == "keras":
        read_config(folder)  # what is no run is said at once, not after the seconds that Keras takes to load
        load_backend(args)
    return load_for(folder, runtime, args.threads)
