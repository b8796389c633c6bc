"""Files of hypotheses as tests read them again."""

import json
from pathlib import Path
from typing import Any

from asr.decoding.hypotheses_file import Alternative, DecodedUtterance
from asr.decoding.hypothesis import Score, Word


def read_hypotheses(path: Path) -> list[DecodedUtterance]:
    """Return the lines of a file that `asr decode` has written."""
    return [_parse(json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]


def _parse(row: dict[str, Any]) -> DecodedUtterance:
    words = tuple(Word(**word) for word in row.get("words", ()))
    nbest = tuple(Alternative(one["text"], _score(one["score"])) for one in row.get("nbest", ()))
    return DecodedUtterance(row["id"], row["text"], _score(row["score"]), row.get("reference"), words, nbest)


def _score(row: dict[str, float]) -> Score:
    return Score(row["acoustic"], row["lm"], row["bonus"])
