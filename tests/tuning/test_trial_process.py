"""Trainings in processes of their own; `tests.tuning.trainings` stands in for what they would compute."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from asr.config import Config
from asr.errors import ShardError
from asr.tuning.trial_process import TrialFailedError, TrialPrunedError, train_in_process
from tests.tuning import trainings


def test_a_training_asks_after_each_epoch_and_is_given_up_when_told(tmp_path):
    train_in_process(trainings.two_epochs, Config(), tmp_path / "whole", lambda: True)
    assert trainings.num_epochs(tmp_path / "whole") == 2
    with pytest.raises(TrialPrunedError):
        train_in_process(trainings.two_epochs, Config(), tmp_path / "part", lambda: False)
    assert trainings.num_epochs(tmp_path / "part") == 1


def test_a_training_that_diverges_or_dies_has_failed_and_what_all_share_is_raised(tmp_path):
    with pytest.raises(TrialFailedError, match=r"^step 3: the loss is not finite$"):
        train_in_process(trainings.diverges, Config(), tmp_path, lambda: True)
    with pytest.raises(TrialFailedError, match="killed by SIGKILL, perhaps for want of memory"):
        train_in_process(trainings.is_killed, Config(), tmp_path, lambda: True)
    with pytest.raises(ShardError, match="shards: not there"):
        train_in_process(trainings.lacks_shards, Config(), tmp_path, lambda: True)


def test_ctrl_c_reaches_the_training_once_and_waits_for_its_checkpoint(tmp_path):
    def press_when_it_sleeps() -> None:
        while trainings.num_epochs(tmp_path) < 2:
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    threading.Thread(target=press_when_it_sleeps, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            train_in_process(trainings.takes_for_ever, Config(), tmp_path, lambda: True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "checkpoint").exists()


@pytest.mark.slow  # two processes
def test_a_training_whose_study_was_killed_stops_with_a_checkpoint_too(tmp_path):
    program = (
        "import sys; from pathlib import Path; from asr.config import Config; "
        "from asr.tuning.trial_process import train_in_process; from tests.tuning import trainings\n"
        "if __name__ == '__main__': "
        "train_in_process(trainings.takes_for_ever, Config(), Path(sys.argv[1]), lambda: True)"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=Path(__file__).parents[2]) as process:
        while trainings.num_epochs(tmp_path) < 2 and process.poll() is None:
            time.sleep(0.05)
        process.kill()
    deadline = time.monotonic() + 60
    while not (tmp_path / "checkpoint").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
