"""What commands print beside their results: progress and notes on stderr, quiet when asked to be."""

import argparse
import importlib
import logging
import os
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class _PlainConsole(Console):
    """Rich's console, to which no text is markup: ids and transcripts are of others and may hold ``[/b]``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(soft_wrap=True, highlight=False, markup=False, **options)

    def on_broken_pipe(self) -> None:
        """Raise the error again: rich would end the program with status 1; `asr.cli.main` has a status for it."""
        raise  # called while it is handled


def stderr_console(args: argparse.Namespace) -> Console:
    """Return rich's console on stderr; rich itself honours NO_COLOR and notices what is no terminal."""
    return _PlainConsole(stderr=True, quiet=args.quiet)


def stdout_console() -> Console:
    """Return rich's console for results."""
    return _PlainConsole()


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
    )


def load_tensorflow(args: argparse.Namespace) -> None:
    """Import TensorFlow without the lines that its libraries print while they load, unless asked to say more.

    Those lines come from C++, before any setting of TensorFlow's is read: only the file descriptor can be closed to
    them. An error is raised as always.
    """
    if args.verbose:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        importlib.import_module("keras")  # and with it TensorFlow
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
    # Each new length of batch is traced anew, as it must be; nothing that a user could change.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
