"""Checkpoints: all that a killed training needs to go on as if nothing had happened.

A checkpoint is a folder ``weights/step-N``, written under a temporary name, synced and renamed; a small pointer file
(``last``, ``best``) that holds its name is renamed into place after it. At every moment the disk holds a whole one.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asr.errors import RunError
from asr.files import sync, write_atomically

_STATE = "state.json"


@dataclass
class Progress:
    """Where a training stands; with weights and optimizer, its whole state.

    Attributes:
        step: training steps done, applied or skipped.
        epoch: epochs finished.
        batch: batches done of the epoch under way.
        loss: sum of the losses of these batches, nats.
        utterances: in these batches.
        skipped: steps in a row whose gradient was not finite.
        history: the records of finished epochs.
        best: the best epoch's record, by validation WER, then loss; None before the first.
        best_step: its checkpoint.
        epoch_steps: the checkpoints at the ends of the last epochs, oldest first.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss: float = 0.0
    utterances: int = 0
    skipped: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] | None = None
    best_step: int | None = None
    epoch_steps: list[int] = field(default_factory=list)


class Checkpoints:
    """The checkpoints of one run folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder, a run's ``weights``."""
        self.folder = folder

    def path(self, step: int) -> Path:
        """Return the folder of a step."""
        return self.folder / f"step-{step}"

    def save(self, progress: Progress, save_engine: Callable[[Path], None]) -> None:
        """Write a checkpoint, point ``last`` to it, and remove those that nothing needs any more.

        Args:
            progress: is written as it is now.
            save_engine: writes weights and optimizer into a folder.
        """
        target = self.path(progress.step)
        part = self.folder / f".{target.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_engine(part)
        (part / _STATE).write_text(json.dumps(asdict(progress)))
        for file in part.iterdir():
            sync(file)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part, target)
        sync(self.folder)
        self.point("last", progress.step)
        if progress.best_step is not None:
            self.point("best", progress.best_step)
        self._remove_all_but({progress.step, progress.best_step, *progress.epoch_steps})

    def point(self, name: str, step: int) -> None:
        """Let the pointer file ``name`` name the checkpoint of a step."""
        write_atomically(self.folder / name, f"{self.path(step).name}\n".encode())

    def load(self) -> tuple[Progress, Path] | None:
        """Return the last checkpoint's progress and folder, or None where there is none.

        Raises:
            RunError: the pointer names a checkpoint that is not there or is damaged.
        """
        pointer = self.folder / "last"
        if not pointer.is_file():
            return None
        folder = self.folder / pointer.read_text().strip()
        try:
            return Progress(**json.loads((folder / _STATE).read_text())), folder
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"{folder}: not a whole checkpoint ({error}): name another step in {pointer}") from error

    def _remove_all_but(self, steps: set[int | None]) -> None:
        for folder in self.folder.glob("step-*"):
            if folder.name not in {f"step-{step}" for step in steps}:
                shutil.rmtree(folder)
