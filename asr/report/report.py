"""The value of a report: all that its views show, found once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from asr.decoding.hypothesis import Word
from asr.decoding.reliability import ReliabilityBin
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
class WordCount:
    """A word, how often something happened to it, and how often it was there at all.

    Attributes:
        word: as it is spelled after normalising.
        count: times that it was inserted, deleted, or missed, as the list says that it stands in.
        total: times that it stands in the hypotheses (of a list of insertions) or in the references (of others).
    """

    word: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class UtteranceFacts:
    """What is known of an utterance beside its texts; what is not known is None or empty.

    Attributes:
        speaker: who said it.
        duration: seconds.
        audio: its sound file, a path that can be opened from the working folder; not checked to be there.
        offset: seconds from the file's start to the utterance's.
        channel: of the file, from 0; None is all of them.
        words: of the hypothesis as it was given (not normalised), with times from the file's start and confidence.
        reference_words: of the reference, likewise, where their times are known.
        speaking_rate: words of the reference a second.
        snr_db: signal-to-noise ratio estimated from the audio, in dB, where it was asked for.
        groups: its value of each key grouped by (``--by``), the keys of ``Report.group_rates``; the HTML page filters
            by them and draws intervals of the groups.
    """

    speaker: str | None = None
    duration: float | None = None
    audio: Path | None = None
    offset: float = 0.0
    channel: int | None = None
    words: tuple[Word, ...] = ()
    reference_words: tuple[Word, ...] = ()
    speaking_rate: float | None = None
    snr_db: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the confidences of the hypotheses' words can be believed.

    Attributes:
        bins: words of like confidence and the share of them that is right, from 0 to 1.
        normalised_cross_entropy: NIST's measure (1: knows all, 0: nothing); None where it is undefined.
        num_words: with a confidence.
    """

    bins: tuple[ReliabilityBin, ...]
    normalised_cross_entropy: float | None
    num_words: int


@dataclass(frozen=True, slots=True)
class UnseenWords:
    """Errors on words of the references that the training text never had, beside those that it had.

    Attributes:
        source: what the training text was read from.
        words: reference words that the training text lacks, each time counted.
        errors: of them, those substituted or deleted.
        seen_words: reference words that it has.
        seen_errors: likewise.
        most_frequent: unseen words missed most often.
    """

    source: str
    words: int
    errors: int
    seen_words: int
    seen_errors: int
    most_frequent: tuple[WordCount, ...]


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
        calibration: of the words' confidences; None where hypotheses carry none.
        unseen: errors on words that the training text never had; None where no such text was named.
        facts: what is known of the recogniser (model, versions, search), name and value as text.
        real_time_factor: seconds of work for a second of audio, when known.
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
    calibration: Calibration | None = None
    unseen: UnseenWords | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    real_time_factor: float | None = None


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
