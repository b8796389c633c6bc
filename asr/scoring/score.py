"""Compare hypotheses with references, joined by utterance id; what comes out is one value with all that was counted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from asr.errors import ScoringError
from asr.scoring.counts import AlignedWord, ErrorCounts, Weights, align
from asr.scoring.interval import Interval, IntervalUnit, bootstrap_interval, sums_by
from asr.text import Normaliser, get_normaliser
from asr.wording import counted, listed

Missing: TypeAlias = Literal["error", "deletions"]


@dataclass(frozen=True, slots=True)
class ScoredUtterance:
    """One utterance, compared.

    Attributes:
        id: the utterance's.
        reference: what was said, normalised.
        hypothesis: what was found, normalised; empty when missing.
        counts: its hits and errors.
        words: aligned pairs; None where a word has no partner.
    """

    id: str
    reference: str
    hypothesis: str
    counts: ErrorCounts
    words: tuple[AlignedWord, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a comparison gave. Rates are fractions, and None where they are undefined.

    Attributes:
        utterances: in the references' order.
        counts: of all of them.
        interval: of the word error rate.
        normaliser: applied to both sides before they were compared.
        missing: ids of references without a hypothesis, counted as deletions.
        extra: ids of hypotheses without a reference, not counted.
        groups: for each key asked for, the counts of each of its values, in natural order (2 before 10).
        weights: that words were aligned with.
        speakers: who said each utterance, by id; empty where that is not known of all.
    """

    utterances: tuple[ScoredUtterance, ...]
    counts: ErrorCounts
    interval: Interval | None
    normaliser: Normaliser
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    groups: Mapping[str, Mapping[str, ErrorCounts]]
    weights: Weights = "levenshtein"
    speakers: Mapping[str, str] = field(default_factory=dict)

    @property
    def wer(self) -> float | None:
        """Word error rate."""
        return self.counts.wer

    @property
    def cer(self) -> float | None:
        """Character error rate."""
        return self.counts.cer

    @property
    def sentence_error_rate(self) -> float | None:
        """Share of utterances with an error."""
        return self.counts.sentence_error_rate


def score(
    references: Mapping[str, str],
    hypotheses: Mapping[str, str],
    *,
    normaliser: str | Normaliser = "none",
    missing: Missing = "error",
    groups: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
    weights: Weights = "levenshtein",
    speakers: Mapping[str, str] | None = None,
    interval_unit: IntervalUnit = "utterance",
) -> Scores:
    """Compare hypotheses with references of the same utterance id.

    Args:
        references: what was said, by utterance id; a text may be empty.
        hypotheses: what was found, by utterance id.
        normaliser: applied to both; its name in `asr.text`, or one of your own.
        missing: a reference without a hypothesis is an error, or all its words count as deleted.
        groups: for each key to group by, its value by utterance id; each reference has one.
        seed: of the interval's random draws.
        weights: of the alignment of words: fewest errors, or those of NIST's sclite.
        speakers: who said each utterance, by id; those of whom it is not known may be left out.
        interval_unit: what the interval's resamples draw. Speakers, where utterances of one depend on each other.

    Raises:
        ScoringError: a hypothesis is missing and ``missing`` is "error"; no id is common to both sides; or the
            interval is to be by speaker and a speaker is not known.
        ConfigError: the normaliser is unknown.

    >>> scores = score({"a": "THE CAT SAT", "b": "NO"}, {"b": "NO", "a": "THE CAT"})
    >>> scores.wer, scores.counts.words.deletions
    (0.25, 1)
    """
    normalise = get_normaliser(normaliser) if isinstance(normaliser, str) else normaliser
    lacking = _missing_ids(references, hypotheses, missing)
    speakers = _known_speakers(references, speakers or {}, interval_unit)
    said = [normalise(text) for text in references.values()]
    found = [normalise(hypotheses.get(name, "")) for name in references]
    utterances = tuple(
        ScoredUtterance(name, reference, hypothesis, counts, words)
        for name, reference, hypothesis, (counts, words) in zip(
            references, said, found, align(said, found, weights), strict=True
        )
    )
    return Scores(
        utterances,
        sum((utterance.counts for utterance in utterances), start=ErrorCounts()),
        _interval(utterances, speakers, interval_unit, seed),
        normalise,
        lacking,
        tuple(name for name in hypotheses if name not in references),
        {key: _sum_by_value(utterances, values) for key, values in (groups or {}).items()},
        weights,
        speakers,
    )


def errors_and_words(
    utterances: Sequence[ScoredUtterance], speakers: Mapping[str, str], unit: IntervalUnit
) -> tuple[np.ndarray, np.ndarray]:
    """Return the errors and the reference words of each utterance, or of each speaker, two times [N]."""
    errors = np.array([utterance.counts.words.errors for utterance in utterances], np.int64)
    words = np.array([utterance.counts.words.reference_length for utterance in utterances], np.int64)
    if unit == "utterance" or not len(words):
        return errors, words
    errors, words = sums_by([speakers[utterance.id] for utterance in utterances], errors, words)
    return errors, words


def _interval(
    utterances: Sequence[ScoredUtterance], speakers: Mapping[str, str], unit: IntervalUnit, seed: int
) -> Interval | None:
    return bootstrap_interval(*errors_and_words(utterances, speakers, unit), seed=seed, unit=unit)


def _known_speakers(
    references: Mapping[str, str], speakers: Mapping[str, str], unit: IntervalUnit
) -> Mapping[str, str]:
    """The speakers of the references; none where one is not known."""
    unknown = [name for name in references if name not in speakers]
    if unknown and unit == "speaker":
        raise ScoringError(
            f"{unknown[0]}: its speaker is not known, nor of {len(unknown) - 1} more utterances: "
            f"give references with speakers, or take the interval by utterance"
        )
    return {} if unknown else {name: speakers[name] for name in references}


def _missing_ids(references: Mapping[str, str], hypotheses: Mapping[str, str], missing: Missing) -> tuple[str, ...]:
    lacking = tuple(name for name in references if name not in hypotheses)
    if lacking and hypotheses and len(lacking) == len(references):
        raise ScoringError(
            f"no utterance id is common to references (such as {lacking[0]!r}) and hypotheses (such as "
            f"{next(iter(hypotheses))!r}): give files of the same data set"
        )
    if lacking and missing == "error":
        has = "has" if len(lacking) == 1 else "have"
        raise ScoringError(
            f"{len(lacking)} of {counted(len(references), 'reference')} {has} no hypothesis: {listed(lacking)}: "
            f"decode them, or count their words as deleted (--missing deletions)"
        )
    return lacking


def _sum_by_value(utterances: tuple[ScoredUtterance, ...], values: Mapping[str, str]) -> dict[str, ErrorCounts]:
    sums: dict[str, ErrorCounts] = {}
    for utterance in utterances:
        value = values[utterance.id]
        sums[value] = sums.get(value, ErrorCounts()) + utterance.counts
    return dict(sorted(sums.items(), key=lambda item: _natural(item[0])))


def _natural(text: str) -> list[str | float]:
    """Key to sort by: numbers by their value, the sign only of one that stands first."""
    parts = re.split(r"(^-?\d+|\d+)", text)
    return [float(part) if place % 2 else part for place, part in enumerate(parts)]
