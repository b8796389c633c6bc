"""What `asr tune` shows: a line as a trial begins and as it ends, and a table of the best ones."""

import time
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asr.report.wording import percent
from asr.tuning.training_study import BEST, TrainingStudy, TrialStart
from asr.tuning.training_trial import TrainingTrial
from asr.wording import counted

_MOST_SHOWN = 10


class TuningDisplay:
    """Lines on a rich console; the epochs of a trial are shown by its own process."""

    def __init__(self, study: TrainingStudy, num_trials: int, console: Console) -> None:
        """Begin with a study that goes on until there are ``num_trials``."""
        self._study, self._num_trials, self._console = study, num_trials, console
        self._started, self._done_before = time.monotonic(), len(study.trials)

    def on_start(self, start: TrialStart) -> None:
        """Print what is tried."""
        tried = ", ".join(f"{key} {_setting(value)}" for key, value in start.parameters.items())
        self._console.print(f"trial {start.trial}, {start.trial + 1} of {self._num_trials}: {tried}")

    def on_end(self, trial: TrainingTrial) -> None:
        """Print how it went, the best so far, and how long the rest may take."""
        how = f"trial {trial.trial} {_ending(trial)}"
        best = self._study.best
        if best is not None:
            how += f"; best: {_metric(best)} (trial {best.trial})"
        left = self._num_trials - len(self._study.trials)
        if left:
            a_trial = (time.monotonic() - self._started) / (len(self._study.trials) - self._done_before)
            how += f"; some {_time(left * a_trial)} to go"
        self._console.print(how)


def print_study(study: TrainingStudy, console: Console) -> None:
    """Print the best trials, what mattered, and where the best config is."""
    keys = list(study.candidates.space.dimensions)
    table = Table(box=None, pad_edge=False)
    for name in ("trial", "state", study.candidates.metric, "epochs", "time", *map(_short, keys)):
        table.add_column(Text(name), justify="left" if name == "state" else "right")
    for trial in sorted(study.trials, key=_rank)[:_MOST_SHOWN]:
        settings = [Text(_setting(trial.parameters[key])) for key in keys]
        numbers = (_metric(trial, named=False), str(len(trial.values)), _time(trial.seconds))
        table.add_row(str(trial.trial), trial.state, *numbers, *settings)
    console.print(table)
    if shares := study.importance():
        console.print("importance: " + ", ".join(f"{key} {percent(share)}" for key, share in shares.items()))
    best = study.best
    if best is None:
        console.print(f"{study.folder}: no trial has reached its end")
    else:
        total = counted(len(study.trials), "trial")
        console.print(f"{study.folder / BEST}: {_metric(best)} (trial {best.trial} of {total})")


def _rank(trial: TrainingTrial) -> tuple[bool, float]:
    value = trial.best_value
    return trial.state != "complete", float("inf") if value is None else value


def _ending(trial: TrainingTrial) -> str:
    if trial.state == "failed":
        return f"failed: {trial.reason}"
    how = "given up" if trial.state == "pruned" else "complete"
    return f"{how} after {counted(len(trial.values), 'epoch')}, {_time(trial.seconds)}: {_metric(trial)}"


def _metric(trial: TrainingTrial, named: bool = True) -> str:
    value = trial.best_value
    if value is None:
        return "-"
    shown = f"{value:.4g}" if trial.metric == "val_loss" else percent(value)
    name = trial.metric if trial.metric == "val_loss" else trial.metric.upper()
    return f"{name} {shown}" if named else shown


def _setting(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _short(key: str) -> str:
    """Return a setting's name without its section."""
    return key.rpartition(".")[2]


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
