"""How numbers and alignments are written, on the terminal and in Markdown alike."""

from collections.abc import Sequence

from asr.report.reliability import Reliability
from asr.report.report import Rates, Report
from asr.report.unseen import UnseenWords
from asr.scoring.counts import AlignedWord
from asr.scoring.interval import Interval
from asr.wording import counted

NO_WORD = "***"


def percent(rate: float | int | None) -> str:
    """Return a fraction as per cent, or say that it is undefined.

    >>> percent(0.09573), percent(None)
    ('9.57 %', 'undefined')
    """
    return "undefined" if rate is None else f"{100 * rate:.2f} %"


def signed_percent(difference: float | None) -> str:
    """Return a difference of rates in percentage points with its sign, or say that it is undefined.

    >>> signed_percent(-0.012), signed_percent(0.0)
    ('-1.20', '+0.00')
    """
    return "undefined" if difference is None else f"{100 * difference:+.2f}"


def probability(p_value: float | None) -> str:
    """Return a p-value as it is read.

    >>> probability(0.04321), probability(1e-9), probability(None)
    ('0.0432', '< 0.0001', 'undefined')
    """
    if p_value is None:
        return "undefined"
    return "< 0.0001" if p_value < 0.0001 else f"{p_value:.4f}"


def interval_words(report: Report) -> str:
    """Return the interval of the word error rate in words; empty where there is none."""
    interval = report.scores.interval
    if interval is None:
        return ""
    return f"{percent(interval.low)} to {percent(interval.high)} ({how_drawn(interval)})"


def how_drawn(interval: Interval) -> str:
    """Return what an interval is, in words."""
    return f"{interval.level:.0%} bootstrap over {interval.unit}s, seed {interval.seed}"


def weights_words(report: Report) -> str:
    """Return how words were aligned, in words; empty for the alignment with fewest errors."""
    return "" if report.scores.weights == "levenshtein" else "aligned with sclite's weights (substitution 4, gap 3)"


def reliability_words(reliability: Reliability) -> str:
    """Return how good confidences are, as a sentence without a full stop."""
    entropy = reliability.normalised_cross_entropy
    text = "undefined" if entropy is None else f"{entropy:.3f}"
    left_out = f", {reliability.num_left_out} left out" if reliability.num_left_out else ""
    return f"normalised cross entropy of confidence {text} ({counted(reliability.num_words, 'word')}{left_out})"


def unseen_lines(unseen: UnseenWords) -> tuple[str, str]:
    """Return how often words were missed that the training text has, and that it has not, each as ``3 of 10``."""
    return f"{unseen.seen_errors} of {unseen.seen_words}", f"{unseen.errors} of {unseen.words}"


def error_words(rates: Rates) -> str:
    """Return the counts of errors as a sentence without a full stop."""
    nouns = ("substitution", "insertion", "deletion", "word", "utterance")
    parts = [counted(int(rates[f"{noun}s"] or 0), noun) for noun in nouns]
    return "{}, {} and {} in {} of {}".format(*parts)


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
