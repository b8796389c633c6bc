"""The texts of one utterance: what the search finds, checked going in and as words coming out."""

import numpy as np

from asr.decoding.greedy import greedy
from asr.decoding.hypothesis import Hypothesis, Score, check_log_probs
from asr.decoding.search import beam_search
from asr.errors import ConfigError
from asr.tokens import BLANK, Tokens


def decode(log_probs: np.ndarray, tokens: Tokens, *, beam_size: int = 100) -> list[Hypothesis]:
    """Return the most probable word sequences of one utterance, best first.

    Args:
        log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.
        tokens: the V labels, blank first.
        beam_size: prefixes kept after each frame, at least 1.

    Returns:
        At least one and at most ``beam_size`` hypotheses, no two of the same text. A score sums over all alignments
        that the beam kept, those with leading, trailing or doubled spaces among them; it is exact when the beam never
        had to drop a prefix.

    Raises:
        ShapeError: ``log_probs`` is not as above.
        ConfigError: ``beam_size`` is below 1.

    >>> tokens = Tokens(["<blank>", "A"])
    >>> for hypothesis in decode(np.log([[0.6, 0.4], [0.6, 0.4]]), tokens):
    ...     print(repr(hypothesis.text), round(float(np.exp(hypothesis.score.total)), 2))
    'A' 0.64
    '' 0.36
    """
    if beam_size < 1:
        raise ConfigError(f"beam_size = {beam_size}: keep at least 1 prefix")
    log_probs = check_log_probs(log_probs, tokens)
    found = beam_search(log_probs, beam_size=beam_size, separators=_separators(tokens))
    return [Hypothesis(tokens.decode(labels), labels, Score(acoustic=score)) for labels, score in found]


def transcribe_log_probs(log_probs: np.ndarray, tokens: Tokens, beam_size: int) -> Hypothesis:
    """Return the best hypothesis as commands find it: greedily when ``beam_size`` is 1, else as `decode`."""
    return greedy(log_probs, tokens) if beam_size == 1 else decode(log_probs, tokens, beam_size=beam_size)[0]


def _separators(tokens: Tokens) -> list[int]:
    return [index for index, label in enumerate(tokens.labels) if index != BLANK and label.isspace()]
