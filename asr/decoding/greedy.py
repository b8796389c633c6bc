"""Greedy search: the best token of each frame, repeats and blanks taken out.

It finds the most probable path, which need not spell the most probable text; `asr.decoding.decode` looks further.
"""

import numpy as np

from asr.decoding.hypothesis import Hypothesis, Partial, Score, check_log_probs
from asr.decoding.settings import DecoderSettings
from asr.tokens import BLANK, Tokens


def greedy(log_probs: np.ndarray, tokens: Tokens) -> Hypothesis:
    """Return the text of the most probable path.

    Args:
        log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.
        tokens: the V labels, blank first.

    Returns:
        The hypothesis; its score is the log-probability of that one path.

    Raises:
        ShapeError: ``log_probs`` is not as above.

    >>> tokens = Tokens(["<blank>", "A", "B"])
    >>> log_probs = np.log([[0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.2, 0.1, 0.7], [0.2, 0.1, 0.7]])
    >>> greedy(log_probs, tokens).text
    'AB'
    """
    log_probs = check_log_probs(log_probs, tokens)
    path = log_probs.argmax(axis=1)
    best = log_probs.max(axis=1).sum(dtype=np.float64)
    starts = np.flatnonzero(np.diff(path, prepend=BLANK))
    labels = tuple(int(label) for label in path[starts] if label != BLANK)
    return Hypothesis(tokens.decode(labels), labels, Score(acoustic=float(best)))


class GreedyDecoder:
    """Greedy search of many utterances; what `asr.decoding.decode.Decoder` is to the beam search.

    Attributes:
        tokens: the labels of the log-probabilities.
        settings: a beam of one.
    """

    def __init__(self, tokens: Tokens) -> None:
        """Take the V labels, blank first."""
        self.tokens, self.settings = tokens, DecoderSettings(beam_size=1)

    def __call__(self, log_probs: np.ndarray, num_best: int | None = None) -> list[Hypothesis]:
        """Return the one hypothesis of an utterance [T, V]; as `greedy`."""
        return [greedy(log_probs, self.tokens)]

    def incremental(self) -> "IncrementalGreedy":
        """Start an utterance whose frames come in portions."""
        return IncrementalGreedy(self.tokens)


class IncrementalGreedy:
    """Greedy search as the frames come; what `asr.decoding.incremental.IncrementalDecoder` is to the beam search."""

    def __init__(self, tokens: Tokens) -> None:
        """Start an utterance."""
        self._tokens = tokens
        self._labels: list[int] = []
        self._last, self._score = BLANK, 0.0

    def feed(self, log_probs: np.ndarray) -> None:
        """Take more frames [T, V]; T may be 0.

        Raises:
            ShapeError: as `greedy`.
        """
        log_probs = check_log_probs(log_probs, self._tokens)
        if not len(log_probs):
            return
        path = log_probs.argmax(axis=1)
        starts = np.flatnonzero(np.diff(path, prepend=self._last))
        self._labels += [label for label in path[starts].tolist() if label != BLANK]
        self._last = int(path[-1])
        self._score += float(log_probs.max(axis=1).sum(dtype=np.float64))

    def hypotheses(self, num_best: int | None = None) -> list[Hypothesis]:
        """Return the one hypothesis that there is."""
        return [self.best()]

    def best(self) -> Hypothesis:
        """Return it."""
        return Hypothesis(self._tokens.decode(self._labels), tuple(self._labels), Score(acoustic=self._score))

    def partial(self) -> Partial:
        """Return what is certain, and the text so far."""
        text = self._tokens.decode(self._labels)
        return Partial(" ".join(text.split()[: self.num_ended]), text)

    @property
    def num_ended(self) -> int:
        """How many words have ended: all but the last, which may go on."""
        return max(0, len(self._tokens.words(self._labels, None)) - 1)

    def forget(self, num_words: int) -> None:
        """Give out only what comes after the first words, at most `num_ended` of them."""
        spans = self._tokens.words(self._labels, None)
        self._labels = self._labels[spans[num_words].first :]
