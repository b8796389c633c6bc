"""Make a folder of a trained model, to be installed with asr or passed on: small, and without a trace of its machine.

    asr package runs/an4 --output an4 --check work/an4/dev.jsonl
    asr package runs/an4 --output an4 --lm books.asrlm
    asr transcribe talk.flac -m an4

The folder has the weights once, in 16 bits, for ONNX Runtime and for Keras, and all that decoding needs: features,
tokens, pronunciations, tuned weights, calibration, language model. Before it is kept, the two runtimes are compared
on the utterances of --check, or on some of the run's development utterances where they still lie, else on noise:
every logit within 0.001, every text the same. What 16 bits cost beside the trained weights is told.

--lm-shared names the language model by its way from the folder, in place of copying it: several models in one
folder can use one.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

from asr.cli import DONE
from asr.cli.console import load_backend, stderr_console
from asr.cli.model_options import model_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr package``."""
    parser.add_argument("model", metavar="RUN", type=model_argument, help="run folder of asr train")
    parser.add_argument("--output", metavar="FOLDER", required=True, type=Path, help="folder to write, not there yet")
    lm = parser.add_mutually_exclusive_group()
    lm.add_argument("--lm", metavar="LM", type=Path, help="language model, .asrlm (default: the run's own, if any)")
    lm.add_argument("--lm-shared", metavar="LM", type=Path, help="the same, used where it lies and not copied")
    parser.add_argument("--check", metavar="DATA", type=Path, help="manifest or shards to compare on (default: above)")


def run(args: argparse.Namespace) -> int:
    """Package, and tell what was compared."""
    from asr.errors import ConfigError

    for package in ("onnx", "onnxruntime"):
        if find_spec(package) is None:
            raise ConfigError(f"{package} is not installed: install keras-asr[export]")
    load_backend(args)
    from asr.export.package import package_run

    packaged = package_run(
        args.model,
        args.output,
        language_model=args.lm_shared or args.lm,
        shares=args.lm_shared is not None,
        data_set=args.check,
    )
    console = stderr_console(args)
    if packaged.weights.on_noise:
        console.print("no real audio to compare on: noise was taken; name a manifest with --check")
    runtimes, weights = packaged.runtimes, packaged.weights
    console.print(
        f"{packaged.folder}: {packaged.num_bytes / 1e6:.1f} MB; {runtimes.num_utterances} utterances compared: "
        f"ONNX Runtime's logits within {runtimes.largest_difference:.1e} of Keras's, "
        f"{runtimes.num_other_texts} other texts"
    )
    before, after = weights.word_error_rates
    rates = "" if before is None else f", WER {before:.2%} as trained and {after:.2%} as packaged"
    console.print(
        f"weights in 16 bits: logits within {weights.largest_difference:.1e}, "
        f"{weights.num_other_texts} other texts{rates}"
    )
    return DONE
