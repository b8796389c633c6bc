"""Where a command writes, checked before it starts to work."""

from collections.abc import Sequence
from pathlib import Path

from asr.errors import OutputError


def check_outputs(sources: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Check that outputs can be written and would replace neither a source nor each other.

    Raises:
        OutputError: one would, or is a folder.
    """
    taken = {source.resolve(): "is read by this command" for source in sources}
    for output in outputs:
        if output.is_dir():
            raise OutputError(f"{output}: a folder: name a file to write")
        if output.resolve() in taken:
            raise OutputError(f"{output}: {taken[output.resolve()]}: name another output")
        taken[output.resolve()] = "is written twice"
