"""The value of a report: all that its views show, found once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from asr.scoring.counts import AlignedWord, ErrorCounts
from asr.scoring.score import ScoredUtterance, Scores

MAX_CONFUSIONS = 20
MAX_WORST = 10

Rates: TypeAlias = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Confusion:
    """An error and how often it was made; None stands for no word (an insertion or a deletion)."""

    reference: str | None
    hypothesis: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison of hypotheses with references, ready to be shown.

    Attributes:
        references: what the references were read from, as the user named it.
        hypotheses: likewise.
        command: the command line that made the report.
        scores: all that was counted.
        rates: rates and counts of the whole set, by the names of the JSON view.
        group_rates: likewise, for each key grouped by and each of its values.
        confusions: the most frequent errors, most frequent first.
        worst: the utterances with most wrong words, worst first; those without errors are left out.
    """

    references: str
    hypotheses: str
    command: tuple[str, ...]
    scores: Scores
    rates: Rates
    group_rates: dict[str, dict[str, Rates]]
    confusions: tuple[Confusion, ...]
    worst: tuple[ScoredUtterance, ...]


def make_report(scores: Scores, *, references: str, hypotheses: str, command: Sequence[str]) -> Report:
    """Return the report of a comparison.

    Args:
        scores: as `asr.scoring.score.score` returned them.
        references: what the references were read from.
        hypotheses: likewise.
        command: the command line, word by word.
    """
    return Report(
        references,
        hypotheses,
        tuple(command),
        scores,
        rates_of(scores.counts),
        {key: {value: rates_of(counts) for value, counts in values.items()} for key, values in scores.groups.items()},
        _confusions(scores.utterances),
        _worst(scores.utterances),
    )


def rates_of(counts: ErrorCounts) -> Rates:
    """Return rates (fractions, None where undefined) and counts under the names that reports give them."""
    words = counts.words
    preserved = words.information_preserved
    return {
        "wer": counts.wer,
        "cer": counts.cer,
        "mer": words.match_error_rate,
        "wil": None if preserved is None else 1 - preserved,
        "wip": preserved,
        "sentence_error_rate": counts.sentence_error_rate,
        "hits": words.hits,
        "substitutions": words.substitutions,
        "insertions": words.insertions,
        "deletions": words.deletions,
        "words": words.reference_length,
        "utterances": counts.utterances,
    }


def _confusions(utterances: Sequence[ScoredUtterance]) -> tuple[Confusion, ...]:
    found: Counter[AlignedWord] = Counter()
    for utterance in utterances:
        found.update(pair for pair in utterance.words if pair[0] != pair[1])
    ranked = sorted(found.items(), key=lambda item: (-item[1], str(item[0][0]), str(item[0][1])))
    return tuple(Confusion(*pair, count) for pair, count in ranked[:MAX_CONFUSIONS])


def _worst(utterances: Sequence[ScoredUtterance]) -> tuple[ScoredUtterance, ...]:
    wrong = [utterance for utterance in utterances if utterance.counts.words.errors]
    return tuple(sorted(wrong, key=lambda utterance: (-utterance.counts.words.errors, utterance.id))[:MAX_WORST])
