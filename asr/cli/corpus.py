"""Download, unpack and check recordings.

    asr corpus list
    asr corpus prepare an4 data/an4
    asr corpus prepare an4 data/an4 --from an4_sphere.tar.gz

Preparing writes manifests (JSON lines) into DIR. Running it again repeats nothing that is already done.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import progress_bar, stderr_console

if TYPE_CHECKING:
    from rich.progress import Progress

    from data_prep.corpus import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the corpora that can be prepared")
    prepare = actions.add_parser("prepare", help="write manifests, downloading first where --from is not given")
    prepare.add_argument("name", metavar="NAME", help="a name from `asr corpus list`")
    prepare.add_argument("folder", metavar="DIR", type=Path, help="where manifests, and downloads, are written")
    prepare.add_argument(
        "--from", dest="source", metavar="ARCHIVE_OR_FOLDER", type=Path, help="use this instead of a download"
    )


def run(args: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    actions = {"list": _list, "prepare": _prepare}
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from data_prep.registry import CORPORA

    rows = [("NAME", "HOURS", "LICENCE", "WHAT")]
    for corpus in CORPORA.values():
        hours = "" if corpus.hours is None else f"{corpus.hours:.1f}"
        rows.append((corpus.name, hours, corpus.licence, corpus.summary))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, hours, licence, summary in rows:
        print(f"{name:{widths[0]}}  {hours:>{widths[1]}}  {licence:{widths[2]}}  {summary}")
    return DONE


def _prepare(args: argparse.Namespace) -> int:
    from data_prep.registry import get_corpus

    corpus = get_corpus(args.name)
    console = stderr_console(args)
    with progress_bar(console) as progress:
        preparation = corpus.prepare(args.folder, args.source, _reporter(progress))
    for utterance_id, reason in preparation.failures.items():
        print(f"asr: {utterance_id}: {reason}", file=sys.stderr)
    for manifest in preparation.manifests:
        print(f"{manifest.path}: {manifest.num_utterances} utterances, {manifest.seconds / 3600:.2f} h")
    return SOME_FAILED if preparation.failures else DONE


def _reporter(progress: "Progress") -> "Report":
    """Return a callback that shows each piece of work as a bar of its own."""
    bars = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress.add_task(what, total=total)
        progress.update(bars[what], completed=done, total=total)

    return report
