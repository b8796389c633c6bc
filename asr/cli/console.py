"""What commands print beside their results: progress and notes on stderr, quiet when asked to be."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from asr.cli import naming_stdout
from asr.errors import ConfigError

# Keras's backends that asr computes with, and what helps where one is not installed.
_BACKENDS = {
    "tensorflow": "install it, or set KERAS_BACKEND=jax where there is JAX",
    "jax": "install keras-asr[jax], for a GPU jax[cuda13] of the same version, or unset KERAS_BACKEND",
}
_WIDTH_OF_A_FILE = 1000


class _PlainConsole(Console):
    """Rich's console, to which no text is markup: ids and transcripts are of others and may hold ``[/b]``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(soft_wrap=True, highlight=False, markup=False, **options)

    def on_broken_pipe(self) -> None:
        """Raise the error again: rich would end the program with status 1; `asr.cli.main` has a status for it."""
        raise  # called while it is handled


class _ResultConsole(_PlainConsole):
    """A console on stdout."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and name stdout where that cannot be done."""
        with naming_stdout():
            super().print(*objects, **options)


def stderr_console(args: argparse.Namespace) -> Console:
    """Return rich's console on stderr; rich itself honours NO_COLOR and notices what is no terminal."""
    return _PlainConsole(stderr=True, quiet=args.quiet)


def stdout_console() -> Console:
    """Return rich's console for results; in a file or a pipe, lines are as long as they are."""
    console = _ResultConsole()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_FILE
    return console


def progress_bar(console: Console) -> Progress:
    """Return a progress display with count, elapsed and remaining time; it shows nothing where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal or console.quiet,
        # What is printed on the same terminal is to stand above the display; into a file or a pipe, it goes as ever.
        redirect_stdout=sys.stdout.isatty(),
    )


def print_failure(name: str, message: str) -> None:
    """Say on stderr what went wrong with one input, and name it where the message does not begin with its name."""
    print(f"asr: {message if message.startswith(name) else f'{name}: {message}'}", file=sys.stderr)


def load_backend(args: argparse.Namespace) -> None:
    """Import Keras and what it computes with: TensorFlow, or what KERAS_BACKEND (or ~/.keras/keras.json) names.

    Raises:
        ConfigError: that is not installed, or neither TensorFlow nor JAX.
    """
    asked = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if asked not in _BACKENDS:
        raise ConfigError(f"KERAS_BACKEND={asked}: no backend that asr computes with: unset it, or set jax")
    try:
        with nullcontext() if args.verbose else _nothing_on_stderr():
            keras = importlib.import_module("keras")
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in _BACKENDS:
            raise
        raise ConfigError(f"Keras's backend {missing} is not installed: {_BACKENDS[missing]}") from error
    if keras.backend.backend() not in _BACKENDS:
        raise ConfigError(f"~/.keras/keras.json: asr does not compute with {keras.backend.backend()}: name another")
    if not args.verbose:  # each new length of batch is traced anew, as it must be; nothing that a user could change
        logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _nothing_on_stderr() -> Iterator[None]:
    """Drop the lines that libraries print while they load; an error is raised as always.

    They come from C++, before any setting of TensorFlow's is read: only the file descriptor can be closed to them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
