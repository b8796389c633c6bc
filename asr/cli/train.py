"""Train an acoustic model from prepared shards into a run folder.

The run folder is self-contained: `asr decode` and `asr transcribe` need nothing else. A training that was stopped,
killed even, goes on with --resume and ends with the same weights as if nothing had happened.

    asr train recipes/an4/config.toml --output runs/an4
    asr train recipes/an4/config.toml --output runs/an4 --resume
    asr train recipes/an4/config.toml --output runs/wide --set model.units=512 --set train.seed=2
"""

import argparse
from pathlib import Path

from asr.cli import DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("config", metavar="CONFIG", type=Path, help="TOML file; docs/config.md lists every key")
    parser.add_argument("--output", metavar="RUN", type=Path, required=True, help="run folder to write")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint, if there is one")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override a setting, e.g. model.layers=4; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Train, and show how it goes."""
    from asr.cli.console import load_backend, stderr_console

    load_backend(args)
    from asr.cli.training_display import TrainingDisplay
    from asr.config import load_config
    from asr.training.train import train

    console = stderr_console(args)
    config = load_config(args.config, args.set)
    with TrainingDisplay(console, config.train.epochs) as display:
        train(config, args.output, resume=args.resume, callbacks=[display], say=console.print)
    return DONE
