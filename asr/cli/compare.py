"""Compare recognisers on the same references: is the difference more than chance, and where is it?

    asr compare work/an4/test.jsonl greedy/hypotheses.jsonl beam_lm/hypotheses.jsonl --markdown comparison.md

Each HYP is a system; --name names them, in their order (default: the file's name, or the folder's of a file called
hypotheses, with more folders where names are alike). Differences are of the second less the first of each two: below
0, the second is better. The interval is from the same resamples of both. Tests are those of NIST's sc_stats: matched
pairs (MAPSSWE), Wilcoxon, sign. Files are read as `asr score` reads them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE
from asr.cli.console import stdout_console
from asr.cli.page_options import add_page_arguments, check_page_arguments, write_page
from asr.cli.scoring_options import add_scoring_arguments, files_read, make_reports
from asr.errors import ConfigError
from asr.report.names import system_names

if TYPE_CHECKING:
    from asr.report.comparison import Comparison
    from asr.report.page.sounds import Sounds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr compare``."""
    parser.add_argument("references", metavar="REF", type=Path, help="what was said")
    parser.add_argument("first", metavar="HYP", type=Path, help="what the first system found")
    parser.add_argument("others", metavar="HYP", type=Path, nargs="+", help="what the other systems found")
    parser.add_argument("--name", metavar="NAME", action="append", default=[], help="of a system; one for each HYP")
    parser.add_argument("--json", metavar="F", type=Path, help="write all rates, counts and tests as JSON")
    parser.add_argument("--markdown", metavar="F", type=Path, help="write the comparison as Markdown")
    add_page_arguments(parser)
    add_scoring_arguments(parser)
    parser.set_defaults(name_files=True, fact=[], real_time_factor=None)


def run(args: argparse.Namespace) -> int:
    """Score each system, compare each two, print, write the files asked for."""
    from asr.cli.outputs import check_outputs
    from asr.report.comparison import compare
    from asr.report.comparison_terminal import print_comparison

    check_page_arguments(args)
    paths = [args.first, *args.others]
    outputs = [path for path in (args.json, args.markdown, args.html) if path]
    check_outputs(files_read(args, paths), outputs)
    names = chosen_names(args.name, paths)
    comparison = compare(names, make_reports(args, paths), command=args.command_line, seed=args.seed)
    _write_files(args, comparison)
    write_page(args, comparison.reports[0].utterances, lambda sounds: _page(comparison, sounds))
    print_comparison(comparison, stdout_console())
    return DONE


def chosen_names(given: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Return what the systems are called, all different: as given, else by their files.

    >>> chosen_names([], [Path("a/hyp.jsonl"), Path("b/hyp.jsonl")])
    ['a/hyp', 'b/hyp']

    Raises:
        ConfigError: names are given, but not one for each system, or two are alike.
    """
    if given and (len(given) != len(paths) or len(set(given)) != len(given)):
        raise ConfigError(f"--name: {', '.join(given)}: give each of the {len(paths)} systems a name of its own")
    return list(given) or system_names(paths)


def _page(comparison: "Comparison", sounds: "Sounds") -> str:
    from asr.report.page.score_data import comparison_page

    return comparison_page(comparison, sounds)


def _write_files(args: argparse.Namespace, comparison: "Comparison") -> None:
    from asr.files import write_atomically
    from asr.report.comparison_json import comparison_as_json
    from asr.report.comparison_markdown import comparison_as_markdown

    for path, view in ((args.json, comparison_as_json), (args.markdown, comparison_as_markdown)):
        if path:
            write_atomically(path, view(comparison).encode())
