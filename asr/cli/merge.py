"""Join the parts that several machines made with --shard I/N; a part that is missing is named.

    asr prepare train.jsonl --config config.toml --shard 1/2 --output parts/1
    asr prepare train.jsonl --config config.toml --shard 2/2 --output parts/2
    asr merge parts/1 parts/2 --output shards/train

    asr transcribe dev.jsonl -m runs/an4 -o parts --shard 1/2
    asr transcribe dev.jsonl -m runs/an4 -o parts --shard 2/2
    asr merge parts/dev.1-of-2.jsonl parts/dev.2-of-2.jsonl --output dev.jsonl

The result is what one run without --shard would have made, for shards of features byte for byte.
"""

import argparse
import os
from pathlib import Path

from asr.cli import DONE
from asr.cli.console import stderr_console
from asr.wording import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr merge``."""
    parser.add_argument("parts", metavar="PART", nargs="+", type=Path, help="every part, in any order")
    parser.add_argument("--output", required=True, type=Path, help="what to make: as if it had been made in one go")


def run(args: argparse.Namespace) -> int:
    """Merge."""
    if any(os.path.isdir(path) for path in args.parts):
        from asr.prepare.merge import merge_shards as merge
    else:
        from asr.transcribe.parts import merge_manifests as merge

    num_utterances = merge(args.parts, args.output)
    stderr_console(args).print(f"{args.output}: {counted(num_utterances, 'utterance')}")
    return DONE
