"""A comparison of systems as Markdown."""

import shlex

from asr.report.comparison import Comparison, Pair
from asr.report.comparison_rows import (
    CHANGE_HEADER,
    PAIR_HEADER,
    SYSTEM_HEADER,
    TEST_HEADER,
    change_rows,
    interval_of,
    pair_rows,
    rows_of_tests,
    system_rows,
)
from asr.report.markdown import escape, fenced, table
from asr.report.wording import how_drawn, percent, signed_percent, weights_words

_MAX_CHANGED = 10


def comparison_as_markdown(comparison: Comparison) -> str:
    """Return the text of a Markdown file with a comparison."""
    parts = ["# Word error rates compared\n", _cells(SYSTEM_HEADER, system_rows(comparison)), _how(comparison)]
    if len(comparison.names) > 2:
        parts += ["## Each two systems\n", _cells(PAIR_HEADER, pair_rows(comparison))]
    parts += [_pair(comparison, pair) for pair in comparison.pairs]
    return "\n".join(parts)


def _how(comparison: Comparison) -> str:
    report = comparison.reports[0]
    normaliser = report.scores.normaliser
    interval = report.scores.interval
    said = [
        f"References {escape(report.references)}",
        f"normaliser {escape(normaliser.name)}, version {normaliser.version}",
        *([f"intervals: {how_drawn(interval)}"] if interval else []),
        *([weights_words(report)] if weights_words(report) else []),
    ]
    return "; ".join(said) + ".\n\n" + fenced([shlex.join(comparison.command)], "sh")


def _pair(comparison: Comparison, pair: Pair) -> str:
    first, second = escape(comparison.names[pair.first]), escape(comparison.names[pair.second])
    held = f", 95 % interval {interval_of(pair)}" if pair.interval else ""
    improvement = pair.probability_of_improvement
    better = "" if improvement is None else f" {second} has fewer errors in {percent(improvement)} of the resamples."
    text = (
        f"Word error rate of {second} less that of {first}: **{signed_percent(pair.difference)}** percentage points"
        f"{held}.{better} Of the utterances, {second} has fewer errors in {pair.won}, more in {pair.lost} and as many "
        f"in {pair.tied}.\n"
    )
    parts = [f"## {first} and {second}\n", text, _cells(TEST_HEADER, rows_of_tests(pair))]
    for title, changes in ((f"Right only with {second}", pair.mended), (f"Right only with {first}", pair.broken)):
        if changes:
            parts += [f"### {title}\n", _cells(CHANGE_HEADER, change_rows(changes, _MAX_CHANGED))]
    return "\n".join(parts)


def _cells(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return table(header, [[escape(cell) for cell in row] for row in rows])
