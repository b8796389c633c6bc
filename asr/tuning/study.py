"""Trials on disk, one a line of JSON, so that an interrupted study goes on where it was."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from asr.errors import RunError
from asr.files import write_atomically
from asr.manifest import read_json_lines

WEIGHTS = ("lm_weight", "word_bonus", "blank_penalty", "oov_penalty", "oov_letter_penalty")


@dataclass(frozen=True, slots=True)
class Trial:
    """Weights of a search, and how it did with them.

    Attributes:
        trial: its number, from 0.
        lm_weight, word_bonus, blank_penalty, oov_penalty, oov_letter_penalty: as in
            `asr.decoding.settings.DecoderSettings`.
        wer: word error rate, a fraction.
        cer: character error rate, a fraction.
        study: a digest of what was tried on: trials of two studies cannot be compared.
    """

    trial: int
    lm_weight: float
    word_bonus: float
    blank_penalty: float
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


class AnyTrial(Protocol):
    """What all kinds of trials have: dataclasses of plain values, with a number and the study's digest."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def trial(self) -> int:
        """The number, from 0."""
        ...

    @property
    def study(self) -> str:
        """A digest of what was tried on."""
        ...


Kind = TypeVar("Kind", bound=AnyTrial)


def write_trials(path: Path, trials: Sequence[AnyTrial]) -> None:
    """Write all trials, whole or not at all."""
    write_atomically(path, "".join(json.dumps(asdict(trial)) + "\n" for trial in trials).encode())


def read_trials(path: Path, study: str) -> list[Trial]:
    """Return the trials of search weights; none where there is no such file.

    Raises:
        RunError: the file is broken, or is of another study.
    """
    what = "log-probabilities, references, language model, lexicon, beam size or seed"
    return read_trials_of(path, study, _weights_of, what, "start anew with --overwrite")


def read_trials_of(
    path: Path, study: str, parse: Callable[[dict[str, Any]], Kind | None], what: str, remedy: str
) -> list[Kind]:
    """Return the trials of a study of any kind; none where there is no such file.

    Args:
        path: JSON lines.
        study: the digest that each must have.
        parse: from a line's values; None: they are not of a trial.
        what: another study may differ in; named in errors.
        remedy: what to do; named in errors.

    Raises:
        RunError: the file is broken, or is of another study.
    """
    if not path.exists():
        return []
    trials = []
    for line, row in read_json_lines(path):
        trial = parse(row)
        if trial is None:
            raise RunError(f"{path}:{line}: not a trial: {remedy}")
        trials.append(trial)
    if [trial.trial for trial in trials] != list(range(len(trials))):
        raise RunError(f"{path}: trials are missing: {remedy}")
    if any(trial.study != study for trial in trials):
        raise RunError(f"{path}: a study of something else ({what}): {remedy}, or name another --output")
    return trials


def _weights_of(row: dict[str, Any]) -> Trial | None:
    numbers = [field.name for field in fields(Trial) if field.name != "study"]
    fits = all(type(row.get(name)) in (int, float) for name in numbers) and isinstance(row.get("study"), str)
    return Trial(**row) if fits and len(row) == len(numbers) + 1 else None
