"""What `asr train` shows: a bar for the epoch under way, and a line for each finished one."""

from collections.abc import Callable

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_COLUMNS = ("wer", "cer", "per", "val_loss", "loss", "blank_rate", "learning_rate", "frames_per_second", "data_wait")
_SHOWN = {"wer": ".2%", "cer": ".2%", "per": ".2%", "blank_rate": ".0%", "learning_rate": ".1e", "data_wait": ".1%"}


class TrainingDisplay(keras.callbacks.Callback):
    """A Keras callback that draws on a rich console; use it as a context."""

    def __init__(self, console: Console, num_epochs: int) -> None:
        """Prepare the display of ``num_epochs`` epochs."""
        super().__init__()
        self._console, self._num_epochs = console, num_epochs
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        shown = console.is_terminal and not console.quiet
        self._progress = Progress(*columns, console=console, disable=not shown, transient=True)
        self._task = self._progress.add_task("")

    def __enter__(self) -> "TrainingDisplay":
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the bar of an epoch."""
        total = (logs or {}).get("num_batches")
        self._progress.reset(self._task, total=total, description=f"epoch {epoch + 1}/{self._num_epochs}")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar."""
        loss = (logs or {}).get("loss", float("nan"))
        description = f"{self._progress.tasks[0].description.split(' loss')[0]} loss {loss:.2f}"
        self._progress.update(self._task, completed=batch + 1, description=description)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Print the epoch's line."""
        numbers = logs or {}
        shown = [f"{key} {numbers[key]:{_SHOWN.get(key, ',.4g')}}" for key in _COLUMNS if key in numbers]
        self._console.print(f"epoch {epoch + 1}/{self._num_epochs}: {', '.join(shown)}")


def after_each_epoch(act: Callable[[], None]) -> keras.callbacks.Callback:
    """Return a Keras callback that does something when an epoch has ended."""
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: act())
