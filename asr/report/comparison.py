"""The value of a comparison of systems on the same references: all that its views show, found once."""

from dataclasses import dataclass

from asr.report.report import Report
from asr.scoring.interval import Interval
from asr.scoring.significance.result import Significance


@dataclass(frozen=True, slots=True)
class ChangedWord:
    """A reference word, or an insertion (None), that one system has right and the other has not.

    Attributes:
        reference: the word; None for a word inserted.
        first: what the first system found; None for nothing.
        second: what the second system found.
        count: how often.
    """

    reference: str | None
    first: str | None
    second: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems of a comparison.

    Attributes:
        first: place of the first in ``Comparison.reports``.
        second: likewise.
        difference: word error rate of the second less that of the first, a fraction; below 0 where the second is
            better. None where undefined.
        interval: of the difference, from paired resamples.
        tests: of significance: matched pairs (MAPSSWE), Wilcoxon, sign.
        won: utterances in which the second system has fewer errors than the first.
        lost: in which it has more.
        tied: in which both have as many.
        mended: words that the second has right and the first wrong, most frequent first.
        broken: words that the first has right and the second wrong.
    """

    first: int
    second: int
    difference: float | None
    interval: Interval | None
    tests: tuple[Significance, ...]
    won: int
    lost: int
    tied: int
    mended: tuple[ChangedWord, ...]
    broken: tuple[ChangedWord, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems or more on the same references, ready to be shown.

    Attributes:
        names: what the systems are called, different from each other; by default their files' names.
        reports: of each system alone, in the order of ``names``; all have the same ids in the same order.
        pairs: each two of them, the one named first as ``first``.
        command: the command line that made the comparison.
    """

    names: tuple[str, ...]
    reports: tuple[Report, ...]
    pairs: tuple[Pair, ...]
    command: tuple[str, ...]
