"""How numbers and alignments are written, on the terminal and in Markdown alike."""

from collections.abc import Sequence

from asr.report.report import Rates, Report
from asr.scoring.counts import AlignedWord

NO_WORD = "***"


def percent(rate: float | int | None) -> str:
    """Return a fraction as per cent, or say that it is undefined.

    >>> percent(0.09573), percent(None)
    ('9.57 %', 'undefined')
    """
    return "undefined" if rate is None else f"{100 * rate:.2f} %"


def interval_words(report: Report) -> str:
    """Return the interval of the word error rate in words; empty where there is none."""
    interval = report.scores.interval
    if interval is None:
        return ""
    return (
        f"{percent(interval.low)} to {percent(interval.high)} "
        f"({interval.level:.0%} bootstrap over {interval.unit}s, seed {interval.seed})"
    )


def error_words(rates: Rates) -> str:
    """Return the counts of errors as a sentence without a full stop."""
    return (
        f"{rates['substitutions']} substitutions, {rates['insertions']} insertions and {rates['deletions']} deletions "
        f"in {rates['words']} words of {rates['utterances']} utterances"
    )


def aligned_lines(words: Sequence[AlignedWord]) -> tuple[str, str, str]:
    r"""Return reference, hypothesis and kinds of error, one word above the other.

    >>> print("\n".join(aligned_lines([("IT", "IT"), ("WAS", "IS"), (None, "SO")])))
    IT  WAS  ***
    IT  IS   SO
        S    I
    """
    columns = [(reference or NO_WORD, found or NO_WORD, _kind(reference, found)) for reference, found in words]
    widths = [max(len(cell) for cell in column) for column in columns]
    lines = [
        "  ".join(column[row].ljust(width) for column, width in zip(columns, widths, strict=True)).rstrip()
        for row in range(3)
    ]
    return lines[0], lines[1], lines[2]


def _kind(reference: str | None, hypothesis: str | None) -> str:
    if reference == hypothesis:
        return ""
    if reference is None:
        return "I"
    return "D" if hypothesis is None else "S"
