"""Studies whose trials are computed by hand: no training, no other process."""

import json
import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.config import Config, load_config, read_settings
from asr.errors import RunError, TrainingError
from asr.tuning.candidates import Candidates
from asr.tuning.space import load_space
from asr.tuning.training_study import TrainingStudy
from asr.tuning.trial_process import TrialFailedError, TrialPrunedError
from tests.tuning.trainings import num_epochs, write_epoch

CONFIG = """
[data]
train = ["shards"]
dev = ["shards"]
[train]
epochs = 6
"""
SPACE = """
[space]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
"model.dropout" = { low = 0.1, high = 0.5, step = 0.1 }
"model.norm" = { choices = ["batch", "none"] }
[study]
min_epochs = 2
full_trials = 2
"""


class Killed(BaseException):
    """The study's process ends in the middle of a trial."""


def error_of(config: Config, epoch: int) -> float:
    """Return an error rate that falls with epochs and is least at a rate of 1e-3 and a dropout of 0.3."""
    rate = abs(math.log10(config.optimizer.learning_rate) + 3)
    return rate + abs(config.model.dropout - 0.3) + 1 / epoch


def objective(config: Config, folder: Path, goes_on: Callable[[], bool]) -> None:
    """Train on paper, from where the folder's history ends."""
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    for epoch in range(num_epochs(folder) + 1, config.train.epochs + 1):
        write_epoch(folder, epoch, error_of(config, epoch))
        if not goes_on():
            raise TrialPrunedError


def killed_at(trial: int, epoch: int) -> Callable[[Config, Path, Callable[[], bool]], None]:
    def train(config: Config, folder: Path, goes_on: Callable[[], bool]) -> None:
        def goes_on_or_dies() -> bool:
            if folder.name == f"{trial:03d}" and num_epochs(folder) == epoch:
                raise Killed
            return goes_on()

        objective(config, folder, goes_on_or_dies)

    return train


@pytest.fixture
def study_of(tmp_path):
    def make(folder: str, space: str = SPACE, config: str = CONFIG, **options: bool) -> TrainingStudy:
        path = tmp_path / "config.toml"
        path.write_text(config)
        (tmp_path / "space.toml").write_text(space)
        candidates = Candidates.check(read_settings(path), path, load_space(tmp_path / "space.toml"))
        return TrainingStudy(candidates, tmp_path / folder, **({"resume": False} | options))

    return make


def lines(study: TrainingStudy) -> list[dict]:
    rows = [json.loads(line) for line in (study.folder / "trials.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.mark.parametrize("pruner", ["median", "halving", "hyperband"])
def test_a_killed_study_goes_on_with_the_trials_that_it_would_have_made(study_of, pruner):
    space = f'{SPACE}pruner = "{pruner}"\n'
    whole = study_of("whole", space)
    whole.run(12, objective)
    assert {row["state"] for row in lines(whole)} == {"complete", "pruned"}
    for trial, epoch in ((0, 1), (3, 2), (7, 1)):
        with pytest.raises(Killed):
            study_of("killed", space, resume=True).run(12, killed_at(trial, epoch))
    killed = study_of("killed", space, resume=True)
    killed.run(12, objective)
    assert lines(killed) == lines(whole)


def test_hopeless_trials_are_given_up_and_only_the_best_keeps_its_weights(study_of):
    study = study_of("study")
    study.run(12, objective)
    first, best = study.trials[0], study.best
    assert first.parameters == {"optimizer.learning_rate": 1e-3, "model.dropout": 0.2, "model.norm": "batch"}
    pruned = [trial for trial in study.trials if trial.state == "pruned"]
    assert pruned and all(2 <= len(trial.values) < 6 for trial in pruned)
    assert best.best_value == min(trial.best_value for trial in study.trials)
    kept = [trial.trial for trial in study.trials if (study.trial_folder(trial.trial) / "weights").exists()]
    assert kept == [best.trial]
    config = load_config(study.folder / "best.toml")
    assert config.optimizer.learning_rate == best.parameters["optimizer.learning_rate"]


def test_what_mattered_is_told_after_ten_whole_trials(study_of):
    study = study_of("study", f'{SPACE}pruner = "none"\n', keep_weights=True)
    study.run(9, objective)
    assert study.importance() == {}
    study.run(12, objective)
    assert next(iter(study.importance())) == "optimizer.learning_rate"
    assert all((study.trial_folder(number) / "weights").exists() for number in range(12))


def test_a_trial_that_fails_is_noted_and_three_in_a_row_stop_the_study(study_of):
    def fails(config: Config, folder: Path, goes_on: Callable[[], bool]) -> None:
        if folder.name != "000":
            raise TrialFailedError("step 1: the loss is not finite")
        objective(config, folder, goes_on)

    study = study_of("study")
    with pytest.raises(TrainingError, match=r"3 trials in a row have failed, the last because step 1: the loss"):
        study.run(9, fails)
    assert [row["state"] for row in lines(study)] == ["complete", "failed", "failed", "failed"]
    again = study_of("study", resume=True)
    again.run(5, objective)
    assert again.trials[4].state == "complete"


def test_values_that_do_not_fit_together_fail_their_trial_alone(study_of):
    space = """
    [space]
    "model.layers" = { choices = [4, 2] }
    "model.pyramid" = { choices = [[], [1, 1, 2]] }
    [study]
    random_trials = 20
    """
    study = study_of("study", space)
    study.run(8, objective)
    states = {
        (trial.parameters["model.layers"], len(trial.parameters["model.pyramid"])): trial for trial in study.trials
    }
    assert states[2, 3].state == "failed" and "more factors than layers = 2" in states[2, 3].reason
    assert states[4, 3].state == "complete"


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ({"space": SPACE.replace("0.5", "0.4")}, "space"),
        ({"space": f"{SPACE}seed = 2\n"}, "study"),
        ({"config": CONFIG.replace("6", "7")}, "config"),
    ],
)
def test_another_study_is_refused(study_of, change, table):
    study_of("study").run(1, objective)
    with pytest.raises(RunError, match=r"holds a study already: add --resume"):
        study_of("study")
    with pytest.raises(RunError, match=rf"was started with another \[{table}\]"):
        study_of("study", resume=True, **change)


def test_a_folder_of_something_else_and_a_study_at_work_are_left_alone(study_of, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    with pytest.raises(RunError, match="not empty, and no study"):
        study_of("other")
    first = study_of("study")

    def begins_another(config: Config, folder: Path, goes_on: Callable[[], bool]) -> None:
        study_of("study", resume=True).run(1, objective)

    with pytest.raises(RunError, match="another asr tune is at work on it"):
        first.run(1, begins_another)


def test_the_record_says_what_the_study_is_about(study_of):
    study = study_of("study")
    study.run(1, objective)
    (row,) = lines(study)
    assert (row["metric"], row["seed"], row["state"], len(row["values"])) == ("cer", 1, "complete", 6)
    kept = tomllib.loads((study.folder / "study.toml").read_text())
    assert kept["space"]["model.norm"] == {"choices": ["batch", "none"]}
    assert kept["config"]["train"]["epochs"] == 6
    (study.folder / "trials.jsonl").write_text('{"trial": 0}\n')
    with pytest.raises(RunError, match=r"trials\.jsonl:1: not a trial: restore the file"):
        study_of("study", resume=True)
