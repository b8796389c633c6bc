"""A training in a process of its own, so that its memory and compiled steps end with it; it asks after each epoch.

The terminal's Ctrl-C reaches the parent alone, which asks the child to stop: it ends after a step, with a checkpoint.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias

from asr.config import Config
from asr.errors import AsrError, ConfigError, TrainingError

# Trains into a folder and calls the function after each epoch; must be importable by name in another process.
Training: TypeAlias = Callable[[Config, Path, Callable[[], None]], None]

_GO_ON, _STOP = "go on", "stop"


class TrialPrunedError(Exception):
    """The trial was given up after an epoch; not an error of the user's, only the way out of a training."""


class TrialFailedError(AsrError):
    """The trial's training ended by an error that another trial need not meet."""


def train_in_process(training: Training, config: Config, folder: Path, goes_on: Callable[[], bool]) -> None:
    """Train in a child process until it ends, or until it is told to.

    Args:
        training: what the child calls.
        config: of the training.
        folder: run folder; an interrupted training in it goes on.
        goes_on: is called after each epoch, in this process; False: the training is given up.

    Raises:
        TrialPrunedError: it was given up.
        TrialFailedError: the training diverged, does not fit its data, or its process died.
        AsrError: whatever else the training raised.
        KeyboardInterrupt: the user asked; the child has written a checkpoint.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, training, config, folder), daemon=True)
    process.start()
    theirs.close()  # else its end would not be seen when the child dies
    try:
        ending = _listen(ours, goes_on)
        process.join()
    except BaseException:
        _stop(process)
        raise
    finally:
        ours.close()
    if isinstance(ending, ConfigError | TrainingError):
        raise TrialFailedError(str(ending))
    if ending is not None:
        raise ending
    if process.exitcode:
        raise TrialFailedError(_describe(process.exitcode))


def _listen(connection: Connection, goes_on: Callable[[], bool]) -> BaseException | None:
    """Answer the child until it ends, and return by what exception it did, if it could say so."""
    while True:
        try:
            said = connection.recv()
        except EOFError:
            return None
        if isinstance(said, BaseException):
            return said
        connection.send(_GO_ON if goes_on() else _STOP)


def _describe(status: int) -> str:
    if status < 0:
        return f"its process was killed by {signal.Signals(-status).name}, perhaps for want of memory"
    return f"its process ended with status {status}"


def _stop(process: BaseProcess) -> None:
    """Ask the child to stop after the step that it is in, and wait; asked once more, end it at once."""
    process.terminate()
    try:
        process.join()
    except KeyboardInterrupt:
        process.kill()
        process.join()
        raise


def _work(connection: Connection, training: Training, config: Config, folder: Path) -> None:
    os.setsid()  # the terminal's Ctrl-C is the parent's
    threading.Thread(target=_stop_with_parent, daemon=True).start()

    def on_epoch() -> None:
        try:
            connection.send(None)
            answer = connection.recv()
        except (EOFError, OSError):  # the parent was killed
            raise KeyboardInterrupt from None
        if answer == _STOP:
            raise TrialPrunedError

    try:
        training(config, folder, on_epoch)
    except (AsrError, TrialPrunedError, KeyboardInterrupt) as error:
        with suppress(OSError):  # nobody listens any more
            connection.send(error)


def _stop_with_parent() -> None:
    """Stop after the step under way when the parent was killed: a study that is resumed wants the folder."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
