"""The value of a training report: the histories of one run or several, read from their run folders."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from asr.errors import ManifestError
from asr.manifest import read_json_lines
from asr.report.names import distinct_names
from asr.run import CONFIG, HISTORY
from asr.training.history import EpochRecord, Sample, Timing, error_rate

_OPTIONAL = ("val_loss", "wer", "cer", "per", "blank_rate")
_TIMING = tuple(field.name for field in fields(Timing))


@dataclass(frozen=True, slots=True)
class Best:
    """The epoch with the lowest error rate on the development set.

    Attributes:
        name: of the rate, as ``WER``.
        rate: a fraction.
        epoch: from 1.
    """

    name: str
    rate: float
    epoch: int


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One training, epoch by epoch.

    Attributes:
        name: what it is called, different from those beside it.
        records: of its epochs, in order; at least one.
        settings: of its configuration, as text by dotted name; empty where the folder has none.
    """

    name: str
    records: tuple[EpochRecord, ...]
    settings: Mapping[str, str]

    @property
    def best(self) -> Best | None:
        """The best epoch, the first of equals; None where no error rate was measured."""
        rates = [(error_rate(record.as_dict()), record.epoch) for record in self.records]
        rated = [(rate, epoch) for rate, epoch in rates if rate and math.isfinite(rate[1])]
        if not rated:
            return None
        (name, rate), epoch = min(rated, key=lambda one: (one[0][1], one[1]))
        return Best(name, rate, epoch)

    @property
    def diverged(self) -> int | None:
        """The first epoch with a loss that is not finite, on either set; None without one."""
        losses = ((loss, record.epoch) for record in self.records for loss in (record.loss, record.val_loss))
        return next((epoch for loss, epoch in losses if loss is not None and not math.isfinite(loss)), None)

    @property
    def seconds(self) -> float:
        """Time of all epochs."""
        return sum(record.timing.seconds for record in self.records)

    @property
    def frames_per_second(self) -> float:
        """Throughput over all epochs, each weighed by its time."""
        return self._mean_over_time([record.timing.frames_per_second for record in self.records])

    @property
    def data_wait(self) -> float:
        """Share of the time spent waiting for data, over all epochs."""
        return self._mean_over_time([record.timing.data_wait for record in self.records])

    def _mean_over_time(self, values: Sequence[float]) -> float:
        weights = [record.timing.seconds for record in self.records]
        total = sum(weights)
        return sum(w * value for w, value in zip(weights, values, strict=True)) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """Trainings, ready to be shown.

    Attributes:
        runs: in the order in which they were named.
        differences: settings in which they differ, with the value of each run; None where it has no such setting.
        command: the command line that made the report.
    """

    runs: tuple[TrainingRun, ...]
    differences: Mapping[str, tuple[str | None, ...]]
    command: tuple[str, ...]


def read_trainings(folders: Sequence[Path], command: Sequence[str]) -> TrainingReport:
    """Return the report of run folders (or of folders of results, which hold the same files).

    Args:
        folders: at least one; each has ``history.jsonl`` and may have ``config.toml``.
        command: the command line, word by word.

    Raises:
        ManifestError: a history cannot be read, has no epoch, or a line is not one of a history.
    """
    names = distinct_names([folder.resolve() for folder in folders])  # . has a name, too
    runs = tuple(
        TrainingRun(name, _read_history(folder / HISTORY), _read_settings(folder / CONFIG))
        for name, folder in zip(names, folders, strict=True)
    )
    settings = dict.fromkeys(key for run in runs for key in run.settings)
    values = {key: tuple(run.settings.get(key) for run in runs) for key in settings}
    return TrainingReport(runs, {key: value for key, value in values.items() if len(set(value)) > 1}, tuple(command))


def _read_history(path: Path) -> tuple[EpochRecord, ...]:
    if not path.is_file():
        raise ManifestError(f"{path.parent}: no {path.name} in it: name a run folder that asr train wrote")
    records = tuple(_parse_record(row, f"{path}:{number}") for number, row in read_json_lines(path))
    if not records:
        raise ManifestError(f"{path}: no epoch yet: wait until the first one has ended")
    return records


def _parse_record(row: Mapping[str, Any], where: str) -> EpochRecord:
    """One epoch; what older versions did not write is None."""
    try:
        return EpochRecord(
            epoch=int(row["epoch"]),
            step=int(row["step"]),
            loss=float(row["loss"]),
            learning_rate=float(row["learning_rate"]),
            samples=tuple(Sample(one["id"], one["reference"], one["hypothesis"]) for one in row["samples"]),
            timing=Timing(**{name: float(row["timing"][name]) for name in _TIMING}),
            **{name: None if row.get(name) is None else float(row[name]) for name in _OPTIONAL},
        )
    except KeyError as error:
        raise ManifestError(f"{where}: not an epoch of a training (no key {error}): name a run folder") from error
    except (TypeError, ValueError) as error:
        raise ManifestError(f"{where}: not an epoch of a training ({error}): name a run folder") from error


def _read_settings(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not TOML ({error}): mend it, or take it out of the folder") from error


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat
