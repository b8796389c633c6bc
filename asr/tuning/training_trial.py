"""One trial of a search of hyper-parameters: what was tried, how each epoch did, how it ended."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from asr.tuning.study import read_trials_of

State: TypeAlias = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True, slots=True)
class TrainingTrial:
    """A line of ``trials.jsonl``.

    Attributes:
        trial: its number, from 0.
        parameters: value of each key that was tried.
        seed: the training's.
        metric: what ``values`` are.
        values: after each epoch; None where it was not defined.
        state: complete: trained to its end; pruned: given up after an epoch; failed: ended by an error.
        reason: of the failure.
        seconds: from its start to its end, without what was interrupted.
        commit: of the program that trained it; None: not known.
        study: a digest of config and space.
    """

    trial: int
    parameters: dict[str, Any]
    seed: int
    metric: str
    values: list[float | None]
    state: State
    reason: str | None
    seconds: float
    commit: str | None
    study: str

    @property
    def best_value(self) -> float | None:
        """The least value of all epochs, whose weights a run keeps."""
        return min((value for value in self.values if value is not None), default=None)


def read_training_trials(path: Path, study: str) -> list[TrainingTrial]:
    """Return the trials of a study; none where there is no such file.

    Raises:
        RunError: the file is broken, or is of another study.
    """
    return read_trials_of(path, study, _parse, "config or space", "restore the file, or name another --output")


def _parse(row: dict[str, Any]) -> TrainingTrial | None:
    fits = (
        row.keys() == {field.name for field in fields(TrainingTrial)}
        and type(row["trial"]) is int
        and isinstance(row["parameters"], dict)
        and isinstance(row["values"], list)
        and all(value is None or type(value) in (int, float) for value in row["values"])
        and row["state"] in ("complete", "pruned", "failed")
    )
    return TrainingTrial(**row) if fits else None
