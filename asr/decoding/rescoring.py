"""Second pass: rank an n-best list anew with a language model that is too large to search with.

What the larger model says of the words takes the place of what the first pass's said, or is mixed with it. The search
is not done again: a text that it dropped does not come back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from asr.decoding.decode import Decoder
from asr.decoding.hypothesis import Hypothesis
from asr.decoding.incremental import IncrementalDecoder
from asr.decoding.settings import DecoderSettings
from asr.errors import ConfigError


class SentenceScorer(Protocol):
    """What rescoring needs of a language model; `asr.decoding.lm.LanguageModel` is one."""

    def score(self, words: Sequence[str]) -> float:
        """Return log p (natural) of a sentence, its start and end included."""
        ...


@dataclass(frozen=True)
class RescoringDecoder:
    """A search and a second pass over all that its beam holds; called as `Decoder` is.

    Attributes:
        first_pass: the search.
        lm: the second pass's model, over words.
        weight: of its log-probabilities, 0 or more; they replace those of the first pass's model.
    """

    first_pass: Decoder
    lm: SentenceScorer
    weight: float

    @property
    def settings(self) -> DecoderSettings:
        """Those of the search."""
        return self.first_pass.settings

    def __call__(self, log_probs: np.ndarray, num_best: int | None = None) -> list[Hypothesis]:
        """Return the hypotheses of one utterance [T, V], best first by their new scores; at most ``num_best``."""
        return rescore(self.first_pass(log_probs), self.lm, weight=self.weight)[:num_best]

    def incremental(self) -> "RescoringIncremental":
        """Start an utterance whose frames come in portions."""
        return RescoringIncremental(self)


class RescoringIncremental(IncrementalDecoder):
    """The search of an utterance as its frames come, with a second pass over what the beam holds."""

    def __init__(self, decoder: RescoringDecoder) -> None:
        """Start an utterance."""
        super().__init__(decoder.first_pass.search)
        self._decoder = decoder

    def hypotheses(self, num_best: int | None = None) -> list[Hypothesis]:
        """Return what the frames so far say, best first by the second pass."""
        found = rescore(super().hypotheses(), self._decoder.lm, weight=self._decoder.weight)
        return found[:num_best]


def rescore(
    hypotheses: Sequence[Hypothesis], lm: SentenceScorer, *, weight: float, first_pass_share: float = 0.0
) -> list[Hypothesis]:
    """Return hypotheses in the order of their new scores, best first.

    Args:
        hypotheses: of one utterance.
        lm: the second pass's model.
        weight: multiplies its log-probabilities, 0 or more.
        first_pass_share: how much of the first pass's ``score.lm`` stays, in 0..1; the second pass has the rest.

    Returns:
        The same texts; of each score ``acoustic`` and ``bonus`` are as they were, ``lm`` is
        ``first_pass_share * lm + (1 - first_pass_share) * weight * lm.score(words)``. Equals keep their order.

    Raises:
        ConfigError: ``weight`` is below 0, or ``first_pass_share`` outside 0..1.
    """
    if not (weight >= 0 and 0 <= first_pass_share <= 1):
        raise ConfigError(
            f"weight = {weight}, first_pass_share = {first_pass_share}: give a weight from 0 up and a share in 0..1"
        )
    rescored = [_rescored(hypothesis, lm, weight, first_pass_share) for hypothesis in hypotheses]
    return sorted(rescored, key=lambda hypothesis: -hypothesis.score.total)


def _rescored(hypothesis: Hypothesis, lm: SentenceScorer, weight: float, first_pass_share: float) -> Hypothesis:
    second = weight * lm.score(hypothesis.text.split())
    mixed = first_pass_share * hypothesis.score.lm + (1 - first_pass_share) * second
    return replace(hypothesis, score=replace(hypothesis.score, lm=mixed))
