"""Download, unpack and check recordings.

    asr corpus list
    asr corpus prepare an4 data/an4
    asr corpus prepare an4 data/an4 --from an4_sphere.tar.gz
    asr corpus check data/an4/train.jsonl --config recipes/an4/config.toml

Preparing writes manifests (JSON lines) into DIR. Running it again repeats nothing that is already done.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED, common_arguments
from asr.cli.console import progress_bar, stderr_console
from asr.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress

    from data_prep.check import Check, Finding
    from data_prep.corpus import Report


_CHECK_HELP = """Hours, speakers, vocabulary, and what would spoil a training.

What is odd is a hint, not a failure. Exit status: 1 when a recording cannot be read, 0 otherwise; 2 when the manifest
cannot be read or has no utterances."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list", help="the corpora that can be prepared", epilog="example: asr corpus list", allow_abbrev=False
    )
    prepare = actions.add_parser(
        "prepare",
        help="write manifests, downloading first where --from is not given",
        epilog="example: asr corpus prepare an4 data/an4 --from an4_sphere.tar.gz",
        allow_abbrev=False,
    )
    check = actions.add_parser(
        "check",
        help="hours, speakers, vocabulary, and what would spoil a training",
        description=_CHECK_HELP,
        epilog="example: asr corpus check data/an4/train.jsonl --config recipes/an4/config.toml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    prepare.add_argument("name", metavar="NAME", help="a name from `asr corpus list`")
    prepare.add_argument("folder", metavar="DIR", type=Path, help="where manifests, and downloads, are written")
    prepare.add_argument(
        "--from", dest="source", metavar="ARCHIVE_OR_FOLDER", type=Path, help="use this instead of a download"
    )
    check.add_argument("manifest", metavar="MANIFEST", type=Path, help="JSON lines")
    check.add_argument("--config", metavar="C", type=Path, help="a training's TOML: find what CTC cannot align, too")
    check.add_argument("--json", metavar="F", type=Path, help="write totals and every finding to this file")
    for action in (listing, prepare, check):
        common_arguments(action, default=argparse.SUPPRESS)  # what stands before the action's name counts as well


def run(args: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    actions = {"list": _list, "prepare": _prepare, "check": _check}
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
        print(f"{manifest.path}: {counted(manifest.num_utterances, 'utterance')}, {manifest.seconds / 3600:.2f} h")
    return SOME_FAILED if preparation.failures else DONE


def _check(args: argparse.Namespace) -> int:
    from asr.cli.outputs import check_outputs
    from asr.config import load_config
    from asr.files import write_atomically
    from data_prep.check import UNREADABLE, check_manifest

    check_outputs([path for path in (args.manifest, args.config) if path], [args.json] if args.json else [])
    config = load_config(args.config) if args.config else None
    with progress_bar(stderr_console(args)) as progress:
        check = check_manifest(args.manifest, config, _reporter(progress))
    if args.json:
        write_atomically(args.json, json.dumps(check.to_json(), ensure_ascii=False, indent=1).encode())
    _print_totals(check)
    _print_findings(check.findings, None if args.verbose else 5)
    return SOME_FAILED if any(finding.kind == UNREADABLE for finding in check.findings) else DONE


def _print_totals(check: "Check") -> None:
    speakers = counted(check.speakers, "speaker") if check.speakers else "speakers unknown"
    print(f"{check.manifest}: {counted(check.utterances, 'utterance')}, {check.hours:.2f} h, {speakers}")
    if check.median_s is not None:
        print(f"  lengths: {check.shortest_s:.2f} to {check.longest_s:.2f} s, median {check.median_s:.2f} s")
    words, characters = counted(check.words, "word"), "".join(check.characters)
    print(f"  text: {words}, {check.distinct_words} distinct; characters {characters!r}")
    for what, counts in (("sample rates (Hz)", check.sample_rates_hz), ("channels", check.channels)):
        print(f"  {what}: " + ", ".join(f"{value} in {counted(count, 'recording')}" for value, count in counts.items()))


def _print_findings(findings: "Sequence[Finding]", limit: int | None) -> None:
    """Print findings under their kinds, at most ``limit`` of each."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    for kind, members in kinds.items():
        print(f"{kind}: {len(members)}")
        for finding in members[:limit]:
            print(f"  {finding.id}: {finding.message}")
        if limit is not None and len(members) > limit:
            print(f"  ... and {len(members) - limit} more (-v shows all)")


def _reporter(progress: "Progress") -> "Report":
    """Return a callback that shows each piece of work as a bar of its own."""
    bars = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress.add_task(what, total=total)
        progress.update(bars[what], completed=done, total=total)

    return report
