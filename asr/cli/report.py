"""Draw the history of trainings: losses, error rates with samples, learning rate, throughput, waiting for data.

    asr report runs/an4
    asr report runs/lstm runs/gru --html report.html
    asr report runs/an4 --gates data/test.jsonl --layer 1

Several runs are drawn over each other, and the settings in which they differ are listed. A folder of a recipe's
results is as good as a run folder: what is read is `history.jsonl` and, where there is one, `config.toml`.

With --gates a page is written for each utterance of a manifest: its words at their times, its spectrogram, and the
gates, cells and outputs of the recurrent layers of one run at every frame.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import stdout_console
from asr.errors import ConfigError, ManifestError

if TYPE_CHECKING:
    from asr.manifest import Utterance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr report``."""
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="run folder")
    parser.add_argument("--html", metavar="F", type=Path, help="write a page to look at in a browser")
    parser.add_argument("--gates", metavar="MANIFEST", type=Path, help="draw the gates over these utterances instead")
    parser.add_argument("--output", metavar="DIR", type=Path, help="folder of the pages of gates (default: RUN/gates)")
    parser.add_argument(
        "--layer", metavar="N", type=int, action="append", default=[], help="layers of the gates, from 1 (default: all)"
    )


def run(args: argparse.Namespace) -> int:
    """Read the histories, print the summary, write the page if it was asked for; or the pages of gates."""
    if args.gates is not None:
        return _draw_gates(args)
    for name in ("output", "layer"):
        if getattr(args, name):
            raise ConfigError(f"--{name}: is for pages of gates: add --gates MANIFEST")
    from asr.cli.outputs import check_outputs
    from asr.files import write_atomically
    from asr.report.page.training_data import training_page
    from asr.report.training import read_trainings
    from asr.report.training_terminal import print_training_report
    from asr.run import CONFIG, HISTORY

    sources = [folder / name for folder in args.runs for name in (HISTORY, CONFIG)]
    check_outputs(sources, [args.html] if args.html else [])
    report = read_trainings(args.runs, args.command_line)
    if args.html:
        write_atomically(args.html, training_page(report).encode())
    print_training_report(report, stdout_console())
    return DONE


def _draw_gates(args: argparse.Namespace) -> int:
    """Write a page for each utterance, and name those that have none."""
    from asr.cli.console import load_backend
    from asr.manifest import read_manifest

    if len(args.runs) > 1 or args.html:
        raise ConfigError("--gates: draws one run, into a folder: name one RUN, and --output DIR in place of --html")
    (folder,) = args.runs
    utterances = read_manifest(args.gates)
    if not utterances:
        raise ManifestError(f"{args.gates}: no utterances: name a manifest that has some")
    places = _check_pages(args, folder, utterances)
    load_backend(args)
    from asr.errors import AsrError
    from asr.files import write_atomically
    from asr.report.gates import watch_utterances
    from asr.report.page.gates_data import gates_page
    from asr.run import load

    num_failed = 0
    for (utterance, watched), place in zip(watch_utterances(load(folder), utterances, args.layer), places, strict=True):
        if isinstance(watched, AsrError):
            print(f"asr: {utterance.id}: {watched}", file=sys.stderr)
            num_failed += 1
        else:
            write_atomically(place, gates_page(watched, folder.resolve().name, args.command_line).encode())
            print(place)
    return SOME_FAILED if num_failed else DONE


def _check_pages(args: argparse.Namespace, run: Path, utterances: "Sequence[Utterance]") -> list[Path]:
    """Return the page of each utterance, after checking that all of them can be written."""
    from asr.cli.outputs import check_outputs
    from asr.transcribe.alignment import utterance_path

    folder = args.output or run / "gates"
    places = [utterance_path(folder, utterance.id, ".html") for utterance in utterances]
    check_outputs([args.gates], places)
    return places
