"""Compare hypotheses with references and print the word error rate with its interval.

    asr score work/an4/test.jsonl hypotheses.jsonl --by speaker --markdown report.md

REF and HYP are joined by utterance id, whatever their order. Each is JSON lines (a manifest or hypotheses), a Kaldi
`text` or a sclite `trn`. Of JSON lines, REF gives `reference` in a file of hypotheses and `text` in a manifest; HYP
gives `pred_text` where it is, else `text`. With --missing error (the default) a reference without a hypothesis ends
the command with status 2; hypotheses without a reference are named and not counted.
"""

import argparse
import sys
from pathlib import Path

from asr.cli import DONE
from asr.cli.console import stderr_console, stdout_console
from asr.cli.numbers import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr score``."""
    parser.add_argument("references", metavar="REF", type=Path, help="what was said")
    parser.add_argument("hypotheses", metavar="HYP", type=Path, help="what was found")
    parser.add_argument("--json", metavar="F", type=Path, help="write all rates and counts as JSON")
    parser.add_argument("--markdown", metavar="F", type=Path, help="write a report as Markdown")
    parser.add_argument(
        "--normaliser", metavar="N", default="none", help="applied to both sides: none, basic or upper (default: none)"
    )
    parser.add_argument(
        "--by",
        metavar="KEY",
        action="append",
        default=[],
        help="rates for each value of a key of REF, as speaker; may be repeated",
    )
    parser.add_argument(
        "--missing",
        choices=("error", "deletions"),
        default="error",
        help="a reference without a hypothesis: an error, or all its words count as deleted (default: error)",
    )


def run(args: argparse.Namespace) -> int:
    """Score, print the summary, write the files asked for."""
    from asr.cli.outputs import check_outputs
    from asr.files import write_atomically
    from asr.report.as_json import as_json
    from asr.report.markdown import as_markdown
    from asr.report.report import make_report
    from asr.report.terminal import print_report
    from asr.scoring.score import score
    from asr.scoring.transcripts import read_transcripts, values_of

    check_outputs([args.references, args.hypotheses], [path for path in (args.json, args.markdown) if path])
    references = read_transcripts(args.references, "references")
    hypotheses = read_transcripts(args.hypotheses, "hypotheses")
    scores = score(
        references.texts,
        hypotheses.texts,
        normaliser=args.normaliser,
        missing=args.missing,
        groups={key: values_of(references, key) for key in args.by},
    )
    report = make_report(
        scores,
        references=str(args.references),
        hypotheses=str(args.hypotheses),
        command=("asr", *sys.argv[1:]),
    )
    console = stderr_console(args)
    for names, what in (
        (scores.missing, "a hypothesis, counted as deleted"),
        (scores.extra, "a reference"),
    ):
        if names:
            console.print(f"{counted(len(names), 'utterance')} without {what}, such as {names[0]}")
    if args.json:
        write_atomically(args.json, as_json(report).encode())
    if args.markdown:
        write_atomically(args.markdown, as_markdown(report).encode())
    print_report(report, stdout_console())
    return DONE
