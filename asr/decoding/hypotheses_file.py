"""Hypotheses on disk, a line of JSON each: id, text, reference when known, score, words and nbest."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asr.decoding.hypothesis import Score, Word
from asr.files import write_atomically

_SCORE_KEYS = ("acoustic", "lm", "bonus")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the best hypotheses of an utterance.

    Attributes:
        text: what was found.
        score: of it.
    """

    text: str
    score: Score


@dataclass(frozen=True, slots=True)
class DecodedUtterance:
    """One line of a hypotheses file.

    Attributes:
        id: the utterance's.
        text: what was found.
        score: of the text.
        reference: what was said, when known.
        words: of the text, with times and confidence where they are known; empty where nobody has asked for them.
        nbest: the best hypotheses, this one first; empty where nobody has asked for them.
    """

    id: str
    text: str
    score: Score
    reference: str | None = None
    words: tuple[Word, ...] = ()
    nbest: tuple[Alternative, ...] = ()


def write_hypotheses(path: Path, utterances: Iterable[DecodedUtterance]) -> None:
    """Write a hypotheses file, whole or not at all."""
    lines = [json.dumps(_row(utterance), ensure_ascii=False) + "\n" for utterance in utterances]
    write_atomically(path, "".join(lines).encode())


def _row(utterance: DecodedUtterance) -> dict[str, Any]:
    row: dict[str, Any] = {"id": utterance.id, "text": utterance.text}
    if utterance.reference is not None:
        row["reference"] = utterance.reference
    row["score"] = _score_row(utterance.score)
    if utterance.words:
        row["words"] = [asdict(word) for word in utterance.words]
    if utterance.nbest:
        row["nbest"] = [{"text": one.text, "score": _score_row(one.score)} for one in utterance.nbest]
    return row


def _score_row(score: Score) -> dict[str, float]:
    return {key: getattr(score, key) for key in _SCORE_KEYS} | {"total": score.total}
