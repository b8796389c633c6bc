"""The tables of a comparison, as texts that the terminal and Markdown show alike."""

import math

from asr.report.comparison import ChangedWord, Comparison, Pair
from asr.report.wording import NO_WORD, percent, probability, signed_percent
from asr.scoring.significance.result import Significance
from asr.wording import counted

SYSTEM_HEADER = ("system", "WER", "95 % interval", "sub", "ins", "del", "utterances right")
PAIR_HEADER = ("first", "second", "difference", "95 % interval", "better with", "won", "lost", "MAPSSWE p")
TEST_HEADER = ("test", "pairs", "statistic", "p")
CHANGE_HEADER = ("times", "said", "first", "second")


def system_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return a row for each system."""
    rows = []
    for name, report in zip(comparison.names, comparison.reports, strict=True):
        rates, interval, counts = report.rates, report.scores.interval, report.scores.counts
        held = f"{percent(interval.low)} to {percent(interval.high)}" if interval else ""
        errors = [str(rates[kind]) for kind in ("substitutions", "insertions", "deletions")]
        right = f"{counts.utterances - counts.wrong_utterances} of {counts.utterances}"
        rows.append((name, percent(rates["wer"]), held, *errors, right))
    return rows


def pair_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return a row for each two systems; differences are percentage points, of the second less the first."""
    return [
        (
            comparison.names[pair.first],
            comparison.names[pair.second],
            signed_percent(pair.difference),
            interval_of(pair),
            percent(pair.probability_of_improvement),
            str(pair.won),
            str(pair.lost),
            probability(pair.tests[0].p_value),
        )
        for pair in comparison.pairs
    ]


def interval_of(pair: Pair) -> str:
    """Return the interval of a difference; empty where there is none."""
    return f"{signed_percent(pair.interval.low)} to {signed_percent(pair.interval.high)}" if pair.interval else ""


def rows_of_tests(pair: Pair) -> list[tuple[str, ...]]:
    """Return a row for each significance test."""
    return [
        (test.name, counted(test.num_units, test.unit), _statistic(test), probability(test.p_value))
        for test in pair.tests
    ]


def change_rows(changes: tuple[ChangedWord, ...], limit: int) -> list[tuple[str, ...]]:
    """Return a row for each of the most frequent changes."""
    return [
        (
            str(change.count),
            *(NO_WORD if word is None else word for word in (change.reference, change.first, change.second)),
        )
        for change in changes[:limit]
    ]


def _statistic(test: Significance) -> str:
    """What a test found: who wins the pairs, or the value of its statistic."""
    if test.outcomes is not None:
        return f"{test.outcomes.won} won, {test.outcomes.lost} lost, {test.outcomes.tied} tied"
    if test.statistic is None:
        return "undefined"
    sign = "-" if test.statistic < 0 else ""
    value = f"{sign}infinite" if math.isinf(test.statistic) else f"{test.statistic:.4g}"
    return f"{test.statistic_name} = {value}"
