"""What commands print beside their results: progress and notes on stderr, quiet when asked to be."""

import argparse

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def stderr_console(args: argparse.Namespace) -> Console:
    """Return rich's console on stderr; rich itself honours NO_COLOR and notices what is no terminal."""
    return Console(stderr=True, quiet=args.quiet, soft_wrap=True, highlight=False)


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
