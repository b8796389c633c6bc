"""Hypotheses on disk, a line of JSON each: id, text, reference when known, score, words and nbest."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asr.decoding.hypothesis import Score, Word
from asr.errors import ManifestError
from asr.files import write_atomically
from asr.manifest import read_json_lines

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


def read_hypotheses(path: Path) -> list[DecodedUtterance]:
    """Return the lines of a hypotheses file in its order; keys that it does not know are passed over.

    Raises:
        ManifestError: the file cannot be read, or a line is not one of a hypotheses file.
    """
    return [_parse(row, f"{path}:{number}") for number, row in read_json_lines(path)]


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


def _parse(row: dict[str, Any], where: str) -> DecodedUtterance:
    for key, kind in {"id": str, "text": str, "score": dict}.items():
        if not isinstance(row.get(key), kind):
            raise ManifestError(f"{where}: {key} is {row.get(key)!r}: a line of hypotheses has id, text and score")
    reference = row.get("reference")
    if not (reference is None or isinstance(reference, str)):
        raise ManifestError(f"{where}: reference is {reference!r}: it must be str, or not there")
    score, words = _parse_score(row["score"], where), _parse_words(row.get("words", []), where)
    return DecodedUtterance(row["id"], row["text"], score, reference, words, _parse_nbest(row.get("nbest", []), where))


def _parse_score(value: Any, where: str) -> Score:
    try:
        return Score(*(float(value[key]) for key in _SCORE_KEYS))
    except (KeyError, TypeError, ValueError):
        raise ManifestError(f"{where}: score is {value!r}: it has acoustic, lm and bonus, all numbers") from None


def _parse_nbest(value: Any, where: str) -> tuple[Alternative, ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) and type(one.get("text")) is str for one in value):
        raise ManifestError(f"{where}: nbest is {value!r}: each has text and score")
    return tuple(Alternative(one["text"], _parse_score(one.get("score"), where)) for one in value)


def _parse_words(value: Any, where: str) -> tuple[Word, ...]:
    try:
        words = tuple(Word(**word) for word in value)
    except TypeError:
        words = None
    if not isinstance(value, list) or words is None or not all(map(_is_typed, words)):
        raise ManifestError(f"{where}: words is {value!r}: each has word, start, end and confidence")
    return words


def _is_typed(word: Word) -> bool:
    numbers = (word.start, word.end, word.confidence)
    return isinstance(word.word, str) and all(n is None or isinstance(n, int | float) for n in numbers)
