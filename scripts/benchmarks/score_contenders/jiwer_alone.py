"""jiwer itself: the same files read, words and characters aligned and counted; neither joined by id nor reported."""

from collections.abc import Callable
from pathlib import Path

import jiwer


def build(references: Path, hypotheses: Path) -> Callable[[], float]:
    """Return one run, which gives the word and the character error rate added up."""

    def run() -> float:
        said, found = (_texts(path) for path in (references, hypotheses))
        return jiwer.process_words(said, found).wer + jiwer.process_characters(said, found).cer

    return run


def _texts(path: Path) -> list[str]:
    return [line.partition(" ")[2] for line in path.read_text(encoding="utf-8").splitlines()]
