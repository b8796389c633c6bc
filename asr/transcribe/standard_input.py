"""Sound that comes through a pipe, put into a file: most containers cannot be read from their start to their end."""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from asr.errors import ConfigError


def standard_input() -> io.BufferedReader:
    """Return what comes through the pipe.

    Raises:
        ConfigError: the program was started without a standard input.
    """
    if sys.stdin is None:
        raise ConfigError("-: standard input is closed: pipe sound into the program, or name a file")
    return cast(io.BufferedReader, sys.stdin.buffer)


@contextmanager
def spooled() -> Iterator[Path]:
    """Copy standard input into a temporary file, which is there until the block ends."""
    with tempfile.TemporaryDirectory(prefix="asr-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(standard_input(), file)
        yield path
