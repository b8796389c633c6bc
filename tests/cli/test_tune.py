"""The command ``asr tune``; `tests/tuning` has what a study does."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asr.cli import main
from asr.config import load_config, read_settings
from asr.tuning.candidates import Candidates
from asr.tuning.space import load_space
from asr.tuning.training_study import TrainingStudy
from asr.tuning.trial_process import TrialFailedError
from tests.tuning.trainings import write_epoch

SPACE = """
[space]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
"augment.time_masks_per_second" = { low = 0, high = 2 }
[study]
epochs = 1
min_epochs = 1
"""


@pytest.fixture
def command(tiny_config, tmp_path):
    (tmp_path / "space.toml").write_text(SPACE)
    return ["tune", str(tiny_config), "--space", str(tmp_path / "space.toml"), "--output", str(tmp_path / "study")]


def test_the_best_trials_stand_in_a_table(command, tiny_config, tmp_path, capsys):
    rates = iter((0.5, 0.25))

    def on_paper(config, folder, goes_on):
        if folder.name == "001":
            raise TrialFailedError("step 1: the loss is not finite")
        write_epoch(folder, 1, next(rates))

    space = load_space(tmp_path / "space.toml")
    candidates = Candidates.check(read_settings(tiny_config), tiny_config, space)
    TrainingStudy(candidates, tmp_path / "study", resume=False).run(3, on_paper)
    assert main([*command, "--trials", "3"]) == 2
    assert "holds a study already: add --resume" in capsys.readouterr().err
    assert main([*command, "--trials", "3", "--resume"]) == 0
    header, *rows, last = capsys.readouterr().out.splitlines()
    assert header.split() == ["trial", "state", "cer", "epochs", "time", "learning_rate", "time_masks_per_second"]
    assert [row.split()[:3] for row in rows] == [
        ["2", "complete", "25.00"],
        ["0", "complete", "50.00"],
        ["1", "failed", "-"],
    ]
    assert last == f"{tmp_path / 'study' / 'best.toml'}: CER 25.00 % (trial 2 of 3 trials)"


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("[space]\nmodel.unitz = {low = 1, high = 2}\n", "unknown key 'model.unitz': did you mean 'units'?"),
        ("[space]\naugment.speeds = {choices = [[1.0], [0.9, 1.0]]}\n", "asr prepare --set"),
    ],
)
def test_a_wrong_space_is_one_line_and_nothing_is_written(command, tmp_path, capsys, space, message):
    (tmp_path / "space.toml").write_text(space)
    assert main([*command, "--trials", "3"]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "study").exists()


def test_shards_that_are_not_there_are_named_before_the_first_trial(command, tmp_path, capsys):
    assert main([*command, "--trials", "3", "--set", "data.train=['nowhere']"]) == 2
    assert "nowhere: " in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


@pytest.mark.slow  # trains, in a process of its own
def test_an_interrupted_study_goes_on_and_ends_with_a_model(command, tmp_path):
    small = ["model.conv=[]", "model.layers=1", "model.units=4", "data.num_buckets=1", "train.average_last=0"]
    options = ["--trials", "1", *(word for setting in small for word in ("--set", setting))]
    # A job in the background is started with interrupts ignored, and what it starts as well.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from asr.cli import main\nif __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    )
    arguments = [sys.executable, "-c", program, *command, *options]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("trial 0, 1 of 1: ")
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=240)[1]
    assert process.returncode == 130, error
    assert "0 of 1 trial ended; go on with --resume" in error
    assert not (tmp_path / "study" / "trials.jsonl").exists()
    assert main([*command, *options, "--resume"]) == 0
    (row,) = [json.loads(line) for line in (tmp_path / "study" / "trials.jsonl").read_text().splitlines()]
    assert (row["state"], len(row["values"])) == ("complete", 1)
    best, run = load_config(tmp_path / "study" / "best.toml"), tmp_path / "study" / "trials" / "000"
    assert (best.model.units, best.train.epochs) == (4, 3)
    assert Path(best.data.train[0]).resolve() == Path(load_config(run / "config.toml").data.train[0])
    assert (run / "weights" / "best").exists()
