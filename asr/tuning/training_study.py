"""A search of hyper-parameters: trials are trained one after the other, each an ordinary run; the best is kept.

What a study folder holds::

    study.toml     config and space that it is about: another search is refused
    trials.jsonl   a line a trial that has ended
    trials/NNN/    run folders; of those that ended, the best one keeps its weights
    best.toml      the config with the best trial's values, for asr train
"""

import hashlib
import json
import shutil
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from asr import run as run_folder
from asr.config import Config
from asr.errors import ConfigError, RunError, TrainingError
from asr.files import held, write_atomically
from asr.manifest import read_json_lines
from asr.tuning.candidates import Candidates
from asr.tuning.search import Search, importance
from asr.tuning.study import write_trials
from asr.tuning.training_trial import State, TrainingTrial, read_training_trials
from asr.tuning.trial_process import TrialFailedError, TrialPrunedError

STUDY, TRIALS, FOLDERS, BEST = "study.toml", "trials.jsonl", "trials", "best.toml"
_MOST_FAILURES = 3  # in a row; then it is not the trials that are wrong


@dataclass(frozen=True)
class TrialStart:
    """A trial that is about to be trained: its number from 0, its parameters, its configuration and folder."""

    trial: int
    parameters: dict[str, Any]
    config: Config
    folder: Path


# Trains and calls the function after each epoch of the folder's history.jsonl; False: the trial is to be given up.
Objective = Callable[[Config, Path, Callable[[], bool]], None]


class TrainingStudy:
    """Trials of one config in one space.

    Attributes:
        candidates: what may be trained.
        folder: of the study.
        trials: those that have ended, in their order.
    """

    def __init__(self, candidates: Candidates, folder: Path, *, resume: bool, keep_weights: bool = False) -> None:
        """Make the folder, or take up what is in it.

        Args:
            candidates: what may be trained.
            folder: new, or of an interrupted study of the same config and space.
            resume: go on with what is there.
            keep_weights: of all trials, not of the best alone.

        Raises:
            RunError: there is a study already, or one of another config or space.
        """
        self.candidates, self.folder = candidates, Path(folder)
        self._keep_weights = keep_weights
        source = tomli_w.dumps(candidates.space.as_dict() | {"config": dict(candidates.values)})
        _check_folder(self.folder, source, resume)
        self._digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        self.trials = read_training_trials(self.folder / TRIALS, self._digest)
        write_atomically(self.folder / STUDY, source.encode())

    @property
    def best(self) -> TrainingTrial | None:
        """The trial with the least value, of those that reached their end; None: none has."""
        complete = [trial for trial in self.trials if trial.state == "complete" and trial.best_value is not None]
        return min(complete, key=lambda trial: trial.best_value or 0.0, default=None)

    def importance(self) -> dict[str, float]:
        """Return how much each parameter mattered; see `asr.tuning.search.importance`."""
        return importance(self.candidates.space.dimensions, self.trials, self.candidates.space.settings)

    def trial_folder(self, trial: int) -> Path:
        """Return the run folder of a trial."""
        return self.folder / FOLDERS / f"{trial:03d}"

    def run(
        self,
        num_trials: int,
        objective: Objective,
        *,
        on_start: Callable[[TrialStart], None] = lambda start: None,
        on_end: Callable[[TrainingTrial], None] = lambda trial: None,
    ) -> None:
        """Go on until there are so many trials in all; trial n does not depend on when the study was interrupted.

        Args:
            num_trials: in all, with those that have ended before.
            objective: trains.
            on_start: is told each trial that begins, or goes on.
            on_end: is told each that has ended.

        Raises:
            RunError: another process is at work on the study.
            TrainingError: several trials in a row have failed.
            AsrError: the objective found something wrong that is not of one trial alone.
        """
        with held(self.folder) as free:
            if not free:
                raise RunError(f"{self.folder}: another asr tune is at work on it: wait until it has finished")
            while len(self.trials) < num_trials:
                trial = self._make_trial(objective, on_start)
                self.trials.append(trial)
                write_trials(self.folder / TRIALS, self.trials)
                self._keep_the_best()
                on_end(trial)
                self._check_failures()

    def _make_trial(self, objective: Objective, on_start: Callable[[TrialStart], None]) -> TrainingTrial:
        number, candidates = len(self.trials), self.candidates
        base, space = candidates.base, candidates.space
        search = Search(space.dimensions, space.settings, base.train.epochs, self.trials, candidates.base_parameters)
        folder = self.trial_folder(number)
        trial = TrainingTrial(
            number, search.parameters, base.train.seed, candidates.metric, [], "complete", None, 0.0, None, self._digest
        )
        try:
            config = candidates.config(search.parameters, "the parameters")
        except ConfigError as error:  # each value is valid, and all of them together are not
            return replace(trial, state="failed", reason=str(error))
        on_start(TrialStart(number, search.parameters, config, folder))
        seconds_before, started = _seconds_of_epochs(folder), time.monotonic()
        state, reason = _train(objective, config, folder, search, candidates.metric)
        seconds = round(seconds_before + time.monotonic() - started, 1)
        values = _values(folder, candidates.metric)
        return replace(trial, values=values, state=state, reason=reason, seconds=seconds, commit=_commit_of(folder))

    def _keep_the_best(self) -> None:
        """Write the best trial's config, and remove the weights of others."""
        best = self.best
        if best is not None:
            values = self.candidates.settings_for(best.parameters, self.folder)
            write_atomically(self.folder / BEST, tomli_w.dumps(values).encode())
        if not self._keep_weights:
            for trial in self.trials:
                if trial is not best:
                    shutil.rmtree(self.trial_folder(trial.trial) / run_folder.WEIGHTS, ignore_errors=True)

    def _check_failures(self) -> None:
        last = self.trials[-_MOST_FAILURES:]
        if len(last) == _MOST_FAILURES and all(trial.state == "failed" for trial in last):
            raise TrainingError(
                f"{self.folder}: {_MOST_FAILURES} trials in a row have failed, the last because {last[-1].reason}: "
                f"mend that and go on with --resume, or search another space"
            )


def _check_folder(folder: Path, source: str, resume: bool) -> None:
    """Check that a study can be made in a folder, or goes on there."""
    path = folder / STUDY
    if not path.is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RunError(f"{folder}: not empty, and no study: name a new folder")
        return
    if not resume:
        raise RunError(f"{folder}: holds a study already: add --resume to go on with it, or name another folder")
    try:
        there = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: not TOML ({error}): restore it, or name another --output") from error
    here = tomllib.loads(source)
    if other := [name for name in ("config", "space", "study") if there.get(name) != here.get(name)]:
        raise RunError(
            f"{folder}: was started with another [{other[0]}] ({path}): resume with that one, or name another --output"
        )


def _train(objective: Objective, config: Config, folder: Path, search: Search, metric: str) -> tuple[State, str | None]:
    """Train a trial, or go on with it; return its state and why it failed."""
    told = 0

    def goes_on() -> bool:
        nonlocal told
        values = _values(folder, metric)
        new = list(enumerate(values, 1))[told:]
        told = len(values)
        return all([search.goes_on(epoch, value) for epoch, value in new])

    if not goes_on():  # it was interrupted when it was given up
        return "pruned", None
    try:
        objective(config, folder, goes_on)
    except TrialPrunedError:
        return "pruned", None
    except TrialFailedError as error:
        return "failed", str(error)
    return "complete", None


def _values(folder: Path, metric: str) -> list[float | None]:
    """Return a metric after each epoch of a run folder."""
    return [row.get(metric) for row in _history(folder)]


def _seconds_of_epochs(folder: Path) -> float:
    return sum(row["timing"]["seconds"] for row in _history(folder))


def _history(folder: Path) -> list[dict[str, Any]]:
    path = folder / run_folder.HISTORY
    return [row for _, row in read_json_lines(path)] if path.is_file() else []


def _commit_of(folder: Path) -> str | None:
    path = folder / run_folder.ENVIRONMENT
    return json.loads(path.read_text()).get("commit") if path.is_file() else None
