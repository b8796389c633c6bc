"""Draw the history of trainings: losses, error rates with samples, learning rate, throughput, waiting for data.

    asr report runs/an4
    asr report runs/lstm runs/gru --html report.html

Several runs are drawn over each other, and the settings in which they differ are listed. A folder of a recipe's
results is as good as a run folder: what is read is `history.jsonl` and, where there is one, `config.toml`.
"""

import argparse
from pathlib import Path

from asr.cli import DONE
from asr.cli.console import stdout_console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr report``."""
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="run folder")
    parser.add_argument("--html", metavar="F", type=Path, help="write a page to look at in a browser")


def run(args: argparse.Namespace) -> int:
    """Read the histories, print the summary, write the page if it was asked for."""
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
