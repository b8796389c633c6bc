"""Compute features once, in parallel processes, into a shard folder that training maps into memory.

    asr prepare work/an4/train.jsonl --config recipes/an4/config.toml --augment --output work/an4/shards/train

An interrupted run goes on with --resume. Files that cannot be read are named on stderr and left out (exit status 1).
"""

import argparse
import sys
from pathlib import Path

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import progress_bar, stderr_console
from asr.cli.numbers import part, positive
from asr.wording import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr prepare``."""
    parser.add_argument("manifests", metavar="MANIFEST", nargs="+", type=Path, help="JSON lines, read in this order")
    parser.add_argument("--config", required=True, type=Path, help="TOML file; its [features] and [augment] are used")
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change a key of the config; may be repeated",
    )
    parser.add_argument("--output", required=True, type=Path, help="folder to make")
    parser.add_argument(
        "--augment",
        action="store_true",
        help="add copies at the config's augment.speeds and degrade them as its augment.degrade says",
    )
    parser.add_argument(
        "--shard", metavar="I/N", type=part, default=(1, 1), help="make part I of N; asr merge joins them"
    )
    parser.add_argument("--jobs", metavar="N", type=positive, help="processes (default: one a core)")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")


def run(args: argparse.Namespace) -> int:
    """Prepare, and report what failed."""
    from asr.config import load_config
    from asr.prepare import prepare

    config = load_config(args.config, args.overrides)
    console = stderr_console(args)
    with progress_bar(console) as progress:
        task = progress.add_task(args.output.name, total=None)
        result = prepare(
            args.manifests,
            config,
            args.output,
            augment=args.augment,
            part=args.shard,
            jobs=args.jobs,
            resume=args.resume,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    for identity, message in result.failures.items():
        print(f"asr: {identity}: {message}", file=sys.stderr)
    num_failed = len(result.failures)
    console.print(f"{args.output}: {counted(result.num_utterances - num_failed, 'utterance')}, {num_failed} failed")
    return SOME_FAILED if num_failed else DONE
