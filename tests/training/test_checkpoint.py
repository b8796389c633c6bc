"""What is on the disk when a training is killed while it writes a checkpoint."""

import contextlib
import os

import pytest

from asr.training.checkpoint import Checkpoints, Progress


class KilledError(Exception):
    """Stands for SIGKILL."""


def save_engine(folder):
    (folder / "model.weights.h5").write_text("weights")


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "weights")


@pytest.mark.parametrize("lost", range(4))  # which of the renames of a save does not happen any more
@pytest.mark.parametrize("step", [4, 5], ids=["at the same step", "at a new step"])
def test_a_kill_while_a_checkpoint_is_written_leaves_a_whole_one(checkpoints, monkeypatch, lost, step):
    checkpoints.save(Progress(step=4, batch=2), save_engine)
    replace, renames = os.replace, iter(range(100))

    def replace_or_die(source, target):
        if next(renames) == lost:
            raise KilledError
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_or_die)
        with contextlib.suppress(KilledError):
            checkpoints.save(Progress(step=step, epoch=1, best_step=step), save_engine)
    progress, folder = checkpoints.load()
    assert progress in (Progress(step=4, batch=2), Progress(step=step, epoch=1, best_step=step))
    assert folder.name == f"step-{progress.step}"
    assert (folder / "model.weights.h5").is_file()


def test_what_a_killed_save_left_is_removed_by_the_next(checkpoints):
    checkpoints.save(Progress(step=1), save_engine)
    (checkpoints.folder / ".step-2.part").mkdir()
    (checkpoints.folder / ".1234.part.last").write_text("step-2\n")
    checkpoints.save(Progress(step=3), save_engine)
    assert {path.name for path in checkpoints.folder.iterdir()} == {"last", "step-3"}
