"""Compare hypotheses with references, joined by utterance id; what comes out is one value with all that was counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from asr.errors import ScoringError
from asr.scoring.counts import AlignedWord, ErrorCounts, align
from asr.scoring.interval import Interval, bootstrap_interval
from asr.text import Normaliser, get_normaliser

Missing: TypeAlias = Literal["error", "deletions"]
_MAX_NAMED = 5


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
        groups: for each key asked for, the counts of each of its values.
    """

    utterances: tuple[ScoredUtterance, ...]
    counts: ErrorCounts
    interval: Interval | None
    normaliser: Normaliser
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    groups: Mapping[str, Mapping[str, ErrorCounts]]

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
    normaliser: str = "none",
    missing: Missing = "error",
    groups: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
) -> Scores:
    """Compare hypotheses with references of the same utterance id.

    Args:
        references: what was said, by utterance id; a text may be empty.
        hypotheses: what was found, by utterance id.
        normaliser: name of the `asr.text` normaliser applied to both.
        missing: a reference without a hypothesis is an error, or all its words count as deleted.
        groups: for each key to group by, its value by utterance id; each reference has one.
        seed: of the interval's random draws.

    Raises:
        ScoringError: a hypothesis is missing and ``missing`` is "error"; or no id is common to both sides.
        ConfigError: the normaliser is unknown.

    >>> scores = score({"a": "THE CAT SAT", "b": "NO"}, {"b": "NO", "a": "THE CAT"})
    >>> scores.wer, scores.counts.words.deletions
    (0.25, 1)
    """
    normalise = get_normaliser(normaliser)
    lacking = _missing_ids(references, hypotheses, missing)
    texts = {name: (normalise(text), normalise(hypotheses.get(name, ""))) for name, text in references.items()}
    aligned = align([reference for reference, _ in texts.values()], [hypothesis for _, hypothesis in texts.values()])
    utterances = tuple(
        ScoredUtterance(name, *pair, counts, words)
        for (name, pair), (counts, words) in zip(texts.items(), aligned, strict=True)
    )
    words = [utterance.counts.words for utterance in utterances]
    return Scores(
        utterances,
        sum((utterance.counts for utterance in utterances), start=ErrorCounts()),
        bootstrap_interval(
            np.array([counts.errors for counts in words]),
            np.array([counts.reference_length for counts in words]),
            seed=seed,
        ),
        normalise,
        lacking,
        tuple(name for name in hypotheses if name not in references),
        {key: _sum_by_value(utterances, values) for key, values in (groups or {}).items()},
    )


def _missing_ids(references: Mapping[str, str], hypotheses: Mapping[str, str], missing: Missing) -> tuple[str, ...]:
    lacking = tuple(name for name in references if name not in hypotheses)
    if lacking and hypotheses and len(lacking) == len(references):
        raise ScoringError(
            f"no utterance id is common to references (such as {lacking[0]!r}) and hypotheses (such as "
            f"{next(iter(hypotheses))!r}): give files of the same data set"
        )
    if lacking and missing == "error":
        more = f" and {len(lacking) - _MAX_NAMED} more" if len(lacking) > _MAX_NAMED else ""
        raise ScoringError(
            f"{len(lacking)} of {len(references)} references have no hypothesis: {', '.join(lacking[:_MAX_NAMED])}"
            f"{more}: decode them, or count their words as deleted (--missing deletions)"
        )
    return lacking


def _sum_by_value(utterances: tuple[ScoredUtterance, ...], values: Mapping[str, str]) -> dict[str, ErrorCounts]:
    sums: dict[str, ErrorCounts] = {}
    for utterance in utterances:
        value = values[utterance.id]
        sums[value] = sums.get(value, ErrorCounts()) + utterance.counts
    return dict(sorted(sums.items()))
