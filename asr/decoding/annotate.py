"""The best hypothesis of an utterance with times and confidence of its words, whatever search has found it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from asr.decoding.align import Alignment, align, align_greedily, separators
from asr.decoding.calibration import Calibration, Kind, fit_calibration
from asr.decoding.confidence import combined, confirmations, frame_confidences, posteriors, words_confirmed
from asr.decoding.hypothesis import Hypothesis, Word
from asr.decoding.reliability import cross_entropy
from asr.decoding.word_times import FrameClock, word_times
from asr.errors import UtteranceError
from asr.tokens import Tokens, WordLabels

# Tried for the scale of scores, before a map is fitted: with a language model, 1 makes the best hypothesis too sure.
_SCALES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08)
_FRAME_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def annotate(
    hypotheses: Sequence[Hypothesis],
    log_probs: np.ndarray,
    tokens: Tokens,
    clock: FrameClock,
    calibration: Calibration | None = None,
    silences: np.ndarray | None = None,
) -> Hypothesis:
    """Return the best hypothesis with its words.

    Args:
        hypotheses: of one utterance, best first, at least one.
        log_probs: [T, V] natural log, what they were found in.
        tokens: the V labels.
        clock: when the frames are.
        calibration: of confidence; None leaves it as it is.
        silences: [R, 2] of the utterance, in frames, as `asr.decoding.silences` finds them; None: not known.

    Returns:
        The first hypothesis; its words are those of its text, each with a confidence, and with a start and an end
        unless no path of the frames has its labels.
    """
    calibration = calibration or Calibration()
    evidence = _gather(hypotheses, log_probs, tokens)
    confidences = np.clip(calibration(evidence.confidences(calibration.scale, calibration.frame_share)), 0.0, 1.0)
    if evidence.alignment is None:
        words = tuple(Word(word) for word in hypotheses[0].text.split())
    else:
        words = word_times(evidence.spans, evidence.alignment, clock, silences)
    sure = zip(words, confidences.tolist(), strict=True)
    return replace(hypotheses[0], words=tuple(replace(word, confidence=confidence) for word, confidence in sure))


class Calibrator:
    """Gathers the words of a development set, and finds the calibration that suits them best."""

    def __init__(self, tokens: Tokens) -> None:
        """Start with no words."""
        self._tokens = tokens
        self._found: list[_Evidence] = []
        self._correct = [np.zeros(0, np.bool_)]

    def add(self, hypotheses: Sequence[Hypothesis], log_probs: np.ndarray, reference: str) -> None:
        """Take one utterance, decoded by the search that the calibration is for.

        Args:
            hypotheses: best first, at least one. A word of the first is right where the reference has it in its place.
            log_probs: [T, V] natural log.
            reference: what was said; the tokens' normaliser is applied to it.
        """
        self._found.append(_gather(hypotheses, log_probs, self._tokens))
        reference_words = self._tokens.normaliser(reference).split()
        self._correct.append(words_confirmed(hypotheses[0].text.split(), reference_words))

    def fit(self, kind: Kind = "isotonic") -> Calibration:
        """Return the calibration.

        The scale of scores and the share of the frames are those with which the confidences have the least cross
        entropy, each with its best temperature; then the map is fitted.

        Args:
            kind: of map.

        Raises:
            ConfigError: there is no word.
        """
        correct = np.concatenate(self._correct)
        fits = []
        for scale, frame_share in itertools.product(_SCALES, _FRAME_SHARES):
            parts = [evidence.confidences(scale, frame_share) for evidence in self._found]
            confidences = np.concatenate([np.zeros(0), *parts])
            fit = fit_calibration(confidences, correct, kind="temperature", scale=scale, frame_share=frame_share)
            fits.append((cross_entropy(fit(confidences), correct), fit, confidences))
        _, best, confidences = min(fits, key=lambda fit: fit[0])
        return fit_calibration(confidences, correct, kind=kind, scale=best.scale, frame_share=best.frame_share)


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """What is known of the W words of the best of H hypotheses.

    Attributes:
        totals: [H] scores.
        confirmed: [H, W], 0 or 1: which hypotheses have which word.
        from_frames: [W] confidence by the frames; 1 where they could not be asked.
        spans: the words' labels.
        alignment: of the labels; None where the frames have no path for them.
    """

    totals: np.ndarray
    confirmed: np.ndarray
    from_frames: np.ndarray
    spans: list[WordLabels]
    alignment: Alignment | None

    def confidences(self, scale: float, frame_share: float) -> np.ndarray:
        return combined(posteriors(self.totals, self.confirmed, scale), self.from_frames, frame_share)


def _gather(hypotheses: Sequence[Hypothesis], log_probs: np.ndarray, tokens: Tokens) -> _Evidence:
    best, confirmed = hypotheses[0], confirmations(hypotheses)
    totals = np.array([hypothesis.score.total for hypothesis in hypotheses])
    try:
        spans = _spans(best, tokens)
        alignment = align_greedily(log_probs, best.tokens)
        alignment = alignment or align(log_probs, best.tokens, separators=separators(tokens))
    except UtteranceError:
        return _Evidence(totals, confirmed, np.ones(confirmed.shape[1]), [], None)
    return _Evidence(totals, confirmed, frame_confidences(log_probs, best.tokens, spans, alignment), spans, alignment)


def _spans(best: Hypothesis, tokens: Tokens) -> list[WordLabels]:
    """Return which labels spell which word of the text; the words are as the text has them.

    Raises:
        UtteranceError: that cannot be told, as a lexicon of the caller's own has spelled them.
    """
    # Phones that no lexicon has made words of are their own text.
    known = None if tokens.decode(best.tokens) == best.text else best.text
    spans, words = tokens.words(best.tokens, known), best.text.split()
    if len(spans) != len(words):
        raise UtteranceError(f"{best.text!r}: {len(words)} words, and {len(spans)} in the labels: give the tokens' own")
    return [WordLabels(word, span.first, span.last) for word, span in zip(words, spans, strict=True)]
