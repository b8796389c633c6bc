"""Sound that comes through a pipe, put into a file: most containers cannot be read from their start to their end."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def spooled() -> Iterator[Path]:
    """Copy standard input into a temporary file, which is there until the block ends."""
    with tempfile.TemporaryDirectory(prefix="asr-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
