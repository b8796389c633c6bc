"""How far the confidences that hypotheses carry can be believed, word by word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asr.decoding.reliability import ReliabilityBin, normalised_cross_entropy, reliability_table
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.score import ScoredUtterance
from asr.text import Normaliser


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the confidences of the hypotheses' words can be believed.

    Attributes:
        bins: words of like confidence and the share of them that is right, from 0 to 1.
        normalised_cross_entropy: NIST's measure (1: knows all, 0: nothing); None where it is undefined.
        num_words: with a confidence that could be judged.
        num_left_out: with a confidence, of utterances whose text is not that of their words.
    """

    bins: tuple[ReliabilityBin, ...]
    normalised_cross_entropy: float | None
    num_words: int
    num_left_out: int = 0


def reliability_of(
    utterances: Sequence[ScoredUtterance], facts: Mapping[str, UtteranceFacts], normalise: Normaliser
) -> Reliability | None:
    """Return how confidences and errors go together; None where no word has a confidence.

    A word is right where all that it is after normalising is right; one that normalising removes is not judged.
    """
    judged: list[tuple[float, bool]] = []
    num_left_out = 0
    for utterance in utterances:
        words = facts[utterance.id].words if utterance.id in facts else ()
        if not any(word.confidence is not None for word in words):
            continue
        parts = [normalise(word.word).split() for word in words]
        if [part for word in parts for part in word] != utterance.hypothesis.split():
            num_left_out += sum(word.confidence is not None for word in words)
            continue
        right = iter([said == found for said, found in utterance.words if found is not None])
        for word, part in zip(words, parts, strict=True):
            correct = [next(right) for _ in part]
            if word.confidence is not None and part:
                judged.append((word.confidence, all(correct)))
    if not judged and not num_left_out:
        return None
    confidences = np.array([confidence for confidence, _ in judged], np.float64)
    correct = np.array([one for _, one in judged], bool)
    bins = tuple(reliability_table(confidences, correct)) if judged else ()
    return Reliability(bins, normalised_cross_entropy(confidences, correct), len(judged), num_left_out)
