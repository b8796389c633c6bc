"""Write a trained model in ONNX's form, for transcribing without Keras.

    asr export runs/an4 --format onnx
    asr export runs/an4 --format onnx --int8 --check work/an4/dev.jsonl

RUN/model.onnx is what asr transcribe and asr decode use from then on. Before it is kept, it is compared with Keras on
real audio: every logit within 0.001, every text the same. That audio is what --check names, or some of the development
utterances that the run was trained with, where they still lie; without any it is noise, and a warning says so.
--int8 writes RUN/model.int8.onnx instead, of 8-bit integers (LSTMs only): what that costs is told, word error rates
where --check names a data set with references. It is used with --runtime int8.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE
from asr.cli.console import load_backend, stderr_console
from asr.cli.model_options import model_argument

if TYPE_CHECKING:
    from asr.export.comparison import Comparison


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr export``."""
    parser.add_argument("model", metavar="RUN", type=model_argument, help="run folder of asr train")
    parser.add_argument("--format", choices=("onnx",), required=True, help="what to write")
    parser.add_argument("--int8", action="store_true", help="products of 8-bit integers: smaller, slightly less exact")
    parser.add_argument("--check", metavar="DATA", type=Path, help="manifest or shards to compare on (default: above)")


def run(args: argparse.Namespace) -> int:
    """Export, and tell what was compared."""
    from asr.errors import ConfigError

    for package in ("onnx", "onnxruntime"):
        if find_spec(package) is None:
            raise ConfigError(f"{package} is not installed: install keras-asr[export]")
    load_backend(args)
    from asr.export.export import export_run

    exported = export_run(args.model, data_set=args.check, int8=args.int8)
    console = stderr_console(args)
    if exported.comparison.on_noise:
        console.print("no real audio to compare on: noise was taken; name a manifest with --check")
    console.print(f"{exported.path}: {exported.num_bytes / 1e6:.1f} MB, {_told(exported.comparison)}")
    return DONE


def _told(comparison: "Comparison") -> str:
    """Return one line about a comparison with Keras."""
    keras_wer, onnx_wer = comparison.word_error_rates
    keras_speed, onnx_speed = comparison.real_time_factors
    rates = "" if onnx_wer is None else f", WER {keras_wer:.2%} with Keras and {onnx_wer:.2%} with this"
    return (
        f"{comparison.num_utterances} utterances compared: logits within {comparison.largest_difference:.1e}, "
        f"{comparison.num_other_texts} other texts{rates}, "
        f"real-time factor of the network {keras_speed:.4f} with Keras and {onnx_speed:.4f} with this"
    )
