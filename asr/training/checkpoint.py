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
from asr.run import BEST, LAST

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
        data: digest of the training utterances, which a resumed run must have as well.
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
    data: str = ""


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
        state = json.dumps(asdict(progress)).encode()
        target = self.path(progress.step)
        if self._last() == target:
            # An epoch ends where a checkpoint was made: the weights are those, and a folder cannot be replaced at once.
            write_atomically(target / _STATE, state)
        else:
            self._write(target, state, save_engine)
            self.point(LAST, progress.step)
        if progress.best_step is not None:
            self.point(BEST, progress.best_step)
        self._remove_all_but({progress.step, progress.best_step, *progress.epoch_steps})

    def _write(self, target: Path, state: bytes, save_engine: Callable[[Path], None]) -> None:
        part = self.folder / f".{target.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_engine(part)
        (part / _STATE).write_bytes(state)
        for path in (*part.iterdir(), part):
            sync(path)
        shutil.rmtree(target, ignore_errors=True)  # of a run that was killed before it pointed there
        os.replace(part, target)
        sync(self.folder)

    def point(self, name: str, step: int) -> None:
        """Let the pointer file ``name`` name the checkpoint of a step."""
        write_atomically(self.folder / name, f"{self.path(step).name}\n".encode())

    def load(self) -> tuple[Progress, Path] | None:
        """Return the last checkpoint's progress and folder, or None where there is none.

        Raises:
            RunError: the pointer names a checkpoint that is not there or is damaged.
        """
        folder = self._last()
        if folder is None:
            return None
        try:
            return Progress(**json.loads((folder / _STATE).read_text())), folder
        except (OSError, ValueError, TypeError) as error:
            raise RunError(
                f"{folder}: not a whole checkpoint ({error}): name another step in {self.folder / LAST}"
            ) from error

    def _last(self) -> Path | None:
        """Return the folder that ``last`` points to."""
        pointer = self.folder / LAST
        return self.folder / pointer.read_text().strip() if pointer.is_file() else None

    def _remove_all_but(self, steps: set[int | None]) -> None:
        """Remove other steps, and what a killed run left half-written."""
        needed = {self.path(step) for step in steps if step is not None}
        for path in [*self.folder.glob("step-*"), *self.folder.glob(".*")]:
            if path not in needed:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
