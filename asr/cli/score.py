"""Compare hypotheses with references and print the word error rate with its interval.

    asr score work/an4/test.jsonl hypotheses.jsonl --by speaker --markdown report.md --html report.html

REF and HYP are joined by utterance id, whatever their order. Each is JSON lines (a manifest or hypotheses), CSV, a
Kaldi `text`, a `trn`, `ctm` or `stm`. Of JSON lines and CSV, REF gives `reference` in a file of hypotheses and `text`
in a manifest; HYP gives `pred_text` where it is, else `hypothesis`, else `text`. With --missing error (the default) a
reference without a hypothesis ends the command with status 2; hypotheses without a reference are named and not
counted.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE
from asr.cli.console import stdout_console
from asr.cli.numbers import above_zero, name_and_value
from asr.cli.page_options import add_page_arguments, check_page_arguments, write_page
from asr.cli.scoring_options import add_scoring_arguments, files_read, make_reports

if TYPE_CHECKING:
    from asr.report.page.sounds import Sounds
    from asr.report.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr score``."""
    parser.add_argument("references", metavar="REF", type=Path, help="what was said")
    parser.add_argument("hypotheses", metavar="HYP", type=Path, help="what was found")
    parser.add_argument("--json", metavar="F", type=Path, help="write all rates and counts as JSON")
    parser.add_argument("--markdown", metavar="F", type=Path, help="write a report as Markdown")
    add_page_arguments(parser)
    parser.add_argument("--csv", metavar="F", type=Path, help="write a row an utterance as CSV")
    parser.add_argument("--trn", metavar="DIR", type=Path, help="write ref.trn and hyp.trn, as sclite reads them")
    parser.add_argument("--ctm", metavar="F", type=Path, help="write the words of HYP with their times as ctm")
    add_scoring_arguments(parser)
    parser.add_argument(
        "--fact",
        metavar="NAME=VALUE",
        type=name_and_value,
        action="append",
        default=[],
        help="tell in the report what the hypotheses were made with; may be repeated",
    )
    parser.add_argument(
        "--real-time-factor", metavar="X", type=above_zero, help="tell in the report how fast they were made"
    )
    parser.set_defaults(name_files=False)


def run(args: argparse.Namespace) -> int:
    """Score, print the summary, write the files asked for."""
    from asr.cli.outputs import check_outputs
    from asr.report.terminal import print_report

    check_page_arguments(args)
    trn = [args.trn / name for name in ("ref.trn", "hyp.trn")] if args.trn else []
    outputs = [path for path in (args.json, args.markdown, args.html, args.csv, args.ctm, *trn) if path]
    check_outputs(files_read(args, [args.hypotheses]), outputs)
    (report,) = make_reports(args, [args.hypotheses])
    _write_files(args, report, trn)
    write_page(args, report.utterances, lambda sounds: _page(report, sounds))
    print_report(report, stdout_console())
    return DONE


def _page(report: "Report", sounds: "Sounds") -> str:
    from asr.report.page.score_data import report_page

    return report_page(report, sounds)


def _write_files(args: argparse.Namespace, report: "Report", trn: list[Path]) -> None:
    from asr.files import write_atomically
    from asr.report.as_csv import as_csv
    from asr.report.as_ctm import as_ctm
    from asr.report.as_json import as_json
    from asr.report.as_trn import as_trn
    from asr.report.markdown import as_markdown

    views = ((args.json, as_json), (args.markdown, as_markdown), (args.csv, as_csv), (args.ctm, as_ctm))
    contents = [(path, view(report)) for path, view in views if path]
    contents += zip(trn, as_trn(report) if trn else (), strict=True)
    for path, content in contents:  # all made before any is written, for a view may be refused
        write_atomically(path, content.encode())
