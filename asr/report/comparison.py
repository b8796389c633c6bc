"""The value of a comparison of systems on the same references: all that its views show, found once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from asr.report.report import Report
from asr.scoring.counts import AlignedWord
from asr.scoring.interval import Difference, Interval, IntervalUnit, bootstrap_difference
from asr.scoring.score import ScoredUtterance, Scores, errors_and_words
from asr.scoring.significance.mapsswe import mapsswe
from asr.scoring.significance.result import Significance
from asr.scoring.significance.sign import sign_test
from asr.scoring.significance.wilcoxon import wilcoxon_test

MAX_CHANGED = 20


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
        probability_of_improvement: share of those resamples in which the second has fewer errors; None as above.
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
    probability_of_improvement: float | None
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


def compare(names: Sequence[str], reports: Sequence[Report], *, command: Sequence[str], seed: int = 0) -> Comparison:
    """Return the comparison of systems on the same references.

    Tests pair speakers where they are known, else utterances.

    Args:
        names: what each system is called.
        reports: of each, with the same references in the same order.
        command: the command line, word by word.
        seed: of the random draws of intervals; their unit is that of the first report's interval.
    """
    pairs = tuple(
        _pair(a, b, reports[a].scores, reports[b].scores, seed) for a, b in combinations(range(len(names)), 2)
    )
    return Comparison(tuple(names), tuple(reports), pairs, tuple(command))


def _pair(first: int, second: int, a: Scores, b: Scores, seed: int) -> Pair:
    both = list(zip(a.utterances, b.utterances, strict=True))
    errors = [(one.counts.words.errors, other.counts.words.errors) for one, other in both]
    difference = _difference(a, b, seed)
    changes = Counter(change for pair in both for change in _changes(*pair))
    return Pair(
        first,
        second,
        None if a.wer is None or b.wer is None else b.wer - a.wer,
        None if difference is None else difference.interval,
        None if difference is None else difference.probability_of_improvement,
        significance_tests(a, b),
        won=sum(y < x for x, y in errors),
        lost=sum(y > x for x, y in errors),
        tied=sum(y == x for x, y in errors),
        mended=_most_changed(changes, right=1),
        broken=_most_changed(changes, right=0),
    )


def _difference(a: Scores, b: Scores, seed: int) -> Difference | None:
    unit = "utterance" if a.interval is None else a.interval.unit
    first, words = errors_and_words(a.utterances, a.speakers, unit)
    second, _ = errors_and_words(b.utterances, a.speakers, unit)
    return bootstrap_difference((first, second), words, seed=seed, unit=unit)


def significance_tests(a: Scores, b: Scores) -> tuple[Significance, ...]:
    """Return NIST's tests of two systems; speakers (or utterances) without a word of reference are left out."""
    unit: IntervalUnit = "speaker" if len(set(a.speakers.values())) > 1 else "utterance"
    first, words = errors_and_words(a.utterances, a.speakers, unit)
    second, _ = errors_and_words(b.utterances, a.speakers, unit)
    spoken = words > 0
    rates = first[spoken] / words[spoken], second[spoken] / words[spoken]
    segments = mapsswe([one.words for one in a.utterances], [one.words for one in b.utterances])
    return segments, wilcoxon_test(*rates, unit), sign_test(*rates, unit)


def _changes(a: ScoredUtterance, b: ScoredUtterance) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Reference word and what both systems found for it, where one of them is right and the other is not.

    A word inserted by one system alone has no reference; the one without it is the one that is right.
    """
    if a.words == b.words:
        return
    for (said, found), (_, other) in zip(_of_reference(a.words), _of_reference(b.words), strict=True):
        if found != other and said in (found, other):
            yield said, found, other
    inserted, also = (Counter(found for said, found in one.words if said is None) for one in (a, b))
    yield from ((None, word, None) for word in (inserted - also).elements())
    yield from ((None, None, word) for word in (also - inserted).elements())


def _of_reference(words: Sequence[AlignedWord]) -> list[AlignedWord]:
    return [pair for pair in words if pair[0] is not None]


def _most_changed(
    changes: Counter[tuple[str | None, str | None, str | None]], *, right: int
) -> tuple[ChangedWord, ...]:
    """The changes after which (1) or before which (0) the word is right, most frequent first."""
    chosen = [(change, count) for change, count in changes.items() if change[1 + right] == change[0]]
    ranked = sorted(chosen, key=lambda item: (-item[1], tuple(map(str, item[0]))))
    return tuple(ChangedWord(*change, count) for change, count in ranked[:MAX_CHANGED])
