"""What a search finds, and what a search may be given."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from asr.errors import ShapeError
from asr.tokens import Tokens

# A row may miss 1 by this much: log-probabilities kept as float16 do, float32 misses by less than 1e-5.
_SUM_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """Natural logarithms; ``total`` is what hypotheses are ranked by.

    Attributes:
        acoustic: log-probability of the text by the acoustic model.
        lm: what a language model added, its weight included.
        bonus: what was added for each word.
    """

    acoustic: float
    lm: float = 0.0
    bonus: float = 0.0

    @property
    def total(self) -> float:
        """Sum of the parts."""
        return self.acoustic + self.lm + self.bonus


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a hypothesis; what is not known is None.

    Attributes:
        word: as it is spelled in the text.
        start: seconds from the file's start.
        end: likewise, not before ``start``.
        confidence: probability, in [0, 1], that the word is right.
    """

    word: str
    start: float | None = None
    end: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One word sequence that may have been said.

    Attributes:
        text: the words, one space between two.
        tokens: class indices that spell them, without blanks.
        score: how probable it is.
        words: those of ``text`` with times and confidence; empty where nobody has asked for them.
    """

    text: str
    tokens: tuple[int, ...]
    score: Score
    words: tuple[Word, ...] = ()


class Partial(NamedTuple):
    """What is known before the utterance has ended.

    Attributes:
        stable: the words that every hypothesis to come begins with.
        text: the best text if the utterance ended here; it begins with ``stable``.
    """

    stable: str
    text: str


def check_log_probs(log_probs: np.ndarray, tokens: Tokens) -> np.ndarray:
    """Return log-probabilities as an array [T, V], checked.

    Raises:
        ShapeError: they are not [T, V] with V the number of tokens, hold NaN, or a row does not sum to one.
    """
    log_probs = np.asarray(log_probs)
    if log_probs.ndim != 2:
        raise ShapeError(f"log-probabilities have shape {list(log_probs.shape)}: give one utterance's [T, V]")
    if log_probs.shape[1] != len(tokens):
        raise ShapeError(
            f"log-probabilities have {log_probs.shape[1]} classes and there are {len(tokens)} tokens, blank included: "
            f"give the tokens of the model that made them"
        )
    if np.isnan(log_probs).any():
        row = int(np.isnan(log_probs).any(axis=1).argmax())
        raise ShapeError(f"log-probabilities of frame {row} hold NaN: look for what made the model's output so")
    _check_rows_sum_to_one(log_probs)
    return log_probs


def _check_rows_sum_to_one(log_probs: np.ndarray) -> None:
    with np.errstate(over="ignore"):  # logits may be anything
        sums = np.exp(log_probs.astype(np.float64)).sum(axis=1)
    wrong = np.abs(sums - 1.0) > _SUM_TOLERANCE
    if not wrong.any():
        return
    row = int(wrong.argmax())
    cure = "give natural log-probabilities, as log-softmax makes them"
    if (log_probs >= 0).all() and np.allclose(log_probs.sum(axis=1), 1.0, atol=_SUM_TOLERANCE):
        cure = "these are probabilities: give their natural logarithms"
    raise ShapeError(f"frame {row} sums to {sums[row]:.3g} in probability, not to 1: {cure}")
