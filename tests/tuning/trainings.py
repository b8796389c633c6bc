"""Stand-ins for a training, importable by name in another process: they write a history, and compute nothing."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from asr.config import Config
from asr.errors import ShardError, TrainingError


def write_epoch(folder: Path, epoch: int, cer: float | None) -> None:
    """Add an epoch to a run folder's history."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {"epoch": epoch, "cer": cer, "timing": {"seconds": 10.0}}
    with (folder / "history.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")


def num_epochs(folder: Path) -> int:
    """Return how many epochs a run folder's history has."""
    path = folder / "history.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def two_epochs(config: Config, folder: Path, on_epoch: Callable[[], None]) -> None:
    for epoch in (1, 2):
        write_epoch(folder, epoch, 1 / epoch)
        on_epoch()


def diverges(config: Config, folder: Path, on_epoch: Callable[[], None]) -> None:
    raise TrainingError("step 3: the loss is not finite")


def lacks_shards(config: Config, folder: Path, on_epoch: Callable[[], None]) -> None:
    raise ShardError("shards: not there")


def is_killed(config: Config, folder: Path, on_epoch: Callable[[], None]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def takes_for_ever(config: Config, folder: Path, on_epoch: Callable[[], None]) -> None:
    """Train until it is asked to stop, and leave a checkpoint then."""

    def stop(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    two_epochs(config, folder, on_epoch)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        (folder / "checkpoint").touch()
        raise
