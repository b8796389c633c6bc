"""What `asr score` and `asr compare` share: options of scoring, and reports made as they say."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli.console import stderr_console
from asr.cli.numbers import whole
from asr.wording import counted

if TYPE_CHECKING:
    from asr.report.report import Report
    from asr.report.utterance_facts import UtteranceFacts
    from asr.scoring.score import Scores
    from asr.scoring.transcripts import Transcripts
    from asr.text import Normaliser


def add_scoring_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how texts are compared and what is told of their errors."""
    parser.add_argument(
        "--normaliser",
        metavar="N",
        default="none",
        help="applied to both sides: none, basic, english, upper, or a file of your own rules (default: none)",
    )
    parser.add_argument(
        "--by",
        metavar="KEY",
        action="append",
        default=[],
        help="rates for each value of a key of REF, as speaker; or of length, speaking_rate, snr (estimated from the "
        "audio); may be repeated",
    )
    parser.add_argument(
        "--missing",
        choices=("error", "deletions"),
        default="error",
        help="a reference without a hypothesis: an error, or all its words count as deleted (default: error)",
    )
    parser.add_argument(
        "--weights",
        choices=("levenshtein", "sclite"),
        default="levenshtein",
        help="of the alignment: fewest errors, or NIST's (substitution 4, gap 3) (default: levenshtein)",
    )
    parser.add_argument(
        "--interval-unit",
        choices=("utterance", "speaker"),
        default="utterance",
        help="what the bootstrap draws; speakers, where there are many of them (default: utterance)",
    )
    parser.add_argument("--seed", metavar="N", type=whole, default=0, help="of the bootstrap (default: 0)")
    parser.add_argument(
        "--training-text",
        metavar="F",
        type=Path,
        action="append",
        default=[],
        help="text of the training, plain or in a form of REF: tell errors on words that it lacks; may be repeated",
    )


def files_read(args: argparse.Namespace, paths: Sequence[Path]) -> list[Path]:
    """Return what is read to make the reports of files of hypotheses, where it is there; but no recordings."""
    from asr.report.recogniser_facts import facts_file

    return [args.references, *paths, *map(facts_file, paths), Path(args.normaliser), *args.training_text]


def make_reports(args: argparse.Namespace, paths: Sequence[Path]) -> "list[Report]":
    """Return the report of each file of hypotheses against the references, and say what has no partner."""
    from asr.report.breakdown import is_measured
    from asr.report.report import make_report
    from asr.report.unseen import read_training_text
    from asr.scoring.transcripts import read_transcripts
    from asr.text import find_normaliser

    normalise = find_normaliser(args.normaliser)
    references = read_transcripts(args.references, "references")
    all_hypotheses = [read_transcripts(path, "hypotheses", references.segments) for path in paths]
    text = read_training_text(args.training_text, normalise) if args.training_text else None
    facts = _facts(args, references, all_hypotheses)
    reports = []
    for path, hypotheses, known in zip(paths, all_hypotheses, facts, strict=True):
        scores, groups = _score(args, references, hypotheses, known, normalise)
        _say_what_has_no_partner(args, scores, path)
        report = make_report(
            scores,
            references=str(args.references),
            hypotheses=str(path),
            command=args.command_line,
            utterances=known,
            groups=groups,
            measured=[key for key in groups if is_measured(key, references)],
            training_text=text,
            facts=_recogniser_facts(args, path),
            real_time_factor=args.real_time_factor,
        )
        reports.append(report)
    return reports


def _score(
    args: argparse.Namespace,
    references: "Transcripts",
    hypotheses: "Transcripts",
    facts: "Mapping[str, UtteranceFacts]",
    normalise: "Normaliser",
) -> "tuple[Scores, dict[str, dict[str, str]]]":
    from asr.report.breakdown import group_values
    from asr.scoring.score import score

    groups = group_values(args.by, references, facts)
    scores = score(
        references.texts,
        hypotheses.texts,
        normaliser=normalise,
        missing=args.missing,
        groups=groups,
        seed=args.seed,
        weights=args.weights,
        speakers={name: one.speaker for name, one in facts.items() if one.speaker is not None},
        interval_unit=args.interval_unit,
    )
    return scores, groups


def _facts(
    args: argparse.Namespace, references: "Transcripts", all_hypotheses: "Sequence[Transcripts]"
) -> "list[dict[str, UtteranceFacts]]":
    """What is known of the utterances, for each system; audio is read once, and only to group by noise."""
    from dataclasses import replace

    from asr.report.breakdown import SNR, is_measured
    from asr.report.utterance_facts import facts_of

    facts = [facts_of(references, hypotheses) for hypotheses in all_hypotheses]
    if SNR not in args.by or not is_measured(SNR, references):
        return facts
    from asr.report.noise import with_snr

    failures: list[tuple[str, str]] = []
    measured = with_snr(facts[0], lambda name, reason: failures.append((name, reason)))
    if failures:
        name, reason = failures[0]
        stderr_console(args).print(
            f"{counted(len(failures), 'utterance')} without a signal to measure: {name}: {reason}"
        )
    return [{name: replace(one, snr_db=measured[name].snr_db) for name, one in of.items()} for of in facts]


def _recogniser_facts(args: argparse.Namespace, path: Path) -> dict[str, str]:
    from asr.errors import ManifestError
    from asr.report.recogniser_facts import recogniser_facts

    try:
        known = recogniser_facts(path)
    except ManifestError as error:  # rates are none the worse for it
        stderr_console(args).print(str(error))
        known = {}
    return known | dict(args.fact)


def _say_what_has_no_partner(args: argparse.Namespace, scores: "Scores", path: Path) -> None:
    console = stderr_console(args)
    where = f"{path}: " if args.name_files else ""
    for names, what in ((scores.missing, "a hypothesis, counted as deleted"), (scores.extra, "a reference")):
        if names:
            console.print(f"{where}{counted(len(names), 'utterance')} without {what}, such as {names[0]}")
