"""Trials on disk, one a line of JSON, so that an interrupted study goes on where it was."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from asr.errors import RunError
from asr.files import write_atomically
from asr.manifest import read_json_lines

WEIGHTS = ("lm_weight", "word_bonus", "oov_penalty", "oov_letter_penalty")


@dataclass(frozen=True, slots=True)
class Trial:
    """Weights of a search, and how it did with them.

    Attributes:
        trial: its number, from 0.
        lm_weight, word_bonus, oov_penalty, oov_letter_penalty: as in `asr.decoding.settings.DecoderSettings`.
        wer: word error rate, a fraction.
        cer: character error rate, a fraction.
        study: a digest of what was tried on: trials of two studies cannot be compared.
    """

    trial: int
    lm_weight: float
    word_bonus: float
    oov_penalty: float
    oov_letter_penalty: float
    wer: float
    cer: float
    study: str

    @property
    def rank(self) -> tuple[float, float]:
        """Order by word errors; where they are the same, by character errors."""
        return self.wer, self.cer

    @property
    def weights(self) -> dict[str, float]:
        """The weights, by name."""
        return {name: getattr(self, name) for name in WEIGHTS}


def write_trials(path: Path, trials: Sequence[Trial]) -> None:
    """Write all trials, whole or not at all."""
    write_atomically(path, "".join(json.dumps(asdict(trial)) + "\n" for trial in trials).encode())


def read_trials(path: Path, study: str) -> list[Trial]:
    """Return the trials of a study; none where there is no such file.

    Raises:
        RunError: the file is broken, or is of another study.
    """
    if not path.exists():
        return []
    trials = [_parse(row, f"{path}:{line}") for line, row in read_json_lines(path)]
    if [trial.trial for trial in trials] != list(range(len(trials))):
        raise RunError(f"{path}: trials are missing: start anew with --overwrite")
    if any(trial.study != study for trial in trials):
        raise RunError(
            f"{path}: a study of something else (log-probabilities, references, language model, lexicon, beam size or "
            f"seed): start anew with --overwrite, or name another --output"
        )
    return trials


def _parse(row: dict[str, Any], where: str) -> Trial:
    numbers = [field.name for field in fields(Trial) if field.name != "study"]
    fits = all(type(row.get(name)) in (int, float) for name in numbers) and isinstance(row.get("study"), str)
    if not (fits and len(row) == len(numbers) + 1):
        raise RunError(f"{where}: not a trial: start anew with --overwrite")
    return Trial(**row)
