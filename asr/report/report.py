"""The value of a report: all that its views show, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from asr.report.errors import Confusion, WordCount, best, errors_of, worst
from asr.report.reliability import Reliability, reliability_of
from asr.report.unseen import TrainingText, UnseenWords, unseen_words
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.counts import ErrorCounts
from asr.scoring.score import ScoredUtterance, Scores

Rates: TypeAlias = dict[str, float | int | None]


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
        best: the longest utterances without an error, longest first.
        insertions: the words most often inserted.
        deletions: the words most often deleted.
        utterances: what is known of each utterance of ``scores.utterances`` beside its texts, by id.
        reliability: of the words' confidences; None where hypotheses carry none.
        unseen: errors on words that the training text never had; None where no such text was named.
        facts: what is known of the recogniser (model, versions, search), name and value as text.
        real_time_factor: seconds of work for a second of audio, when known.
        measured: keys of ``group_rates`` whose values are ranges of a measured number, in their order.
    """

    references: str
    hypotheses: str
    command: tuple[str, ...]
    scores: Scores
    rates: Rates
    group_rates: dict[str, dict[str, Rates]]
    confusions: tuple[Confusion, ...]
    worst: tuple[ScoredUtterance, ...]
    best: tuple[ScoredUtterance, ...] = ()
    insertions: tuple[WordCount, ...] = ()
    deletions: tuple[WordCount, ...] = ()
    utterances: Mapping[str, UtteranceFacts] = field(default_factory=dict)
    reliability: Reliability | None = None
    unseen: UnseenWords | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    real_time_factor: float | None = None
    measured: tuple[str, ...] = ()


def make_report(
    scores: Scores,
    *,
    references: str,
    hypotheses: str,
    command: Sequence[str],
    utterances: Mapping[str, UtteranceFacts] | None = None,
    groups: Mapping[str, Mapping[str, str]] | None = None,
    measured: Sequence[str] = (),
    training_text: TrainingText | None = None,
    facts: Mapping[str, str] | None = None,
    real_time_factor: float | None = None,
) -> Report:
    """Return the report of a comparison.

    Args:
        scores: as `asr.scoring.score.score` returned them.
        references: what the references were read from.
        hypotheses: likewise.
        command: the command line, word by word.
        utterances: what is known of each utterance beside its texts, by id.
        groups: as they were given to `asr.scoring.score.score`.
        measured: those keys of ``groups`` that are ranges of a measured number.
        training_text: what the recogniser was trained on.
        facts: of the recogniser.
        real_time_factor: likewise.
    """
    errors = errors_of(scores.utterances)
    known = _with_groups(utterances or {}, groups or {})
    return Report(
        references,
        hypotheses,
        tuple(command),
        scores,
        rates_of(scores.counts),
        {key: {value: rates_of(counts) for value, counts in values.items()} for key, values in scores.groups.items()},
        errors.confusions,
        worst(scores.utterances),
        best(scores.utterances),
        errors.insertions,
        errors.deletions,
        known,
        reliability_of(scores.utterances, known, scores.normaliser),
        None if training_text is None else unseen_words(scores.utterances, training_text),
        facts or {},
        real_time_factor,
        tuple(measured),
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


def _with_groups(
    utterances: Mapping[str, UtteranceFacts], groups: Mapping[str, Mapping[str, str]]
) -> dict[str, UtteranceFacts]:
    return {
        name: replace(facts, groups={key: values[name] for key, values in groups.items()})
        for name, facts in utterances.items()
    }
