"""Where a command writes, checked before it starts to work."""

import os
from collections.abc import Sequence
from pathlib import Path

from asr.errors import OutputError
from asr.files import takes_bytes_only

_RUN = ("config.toml", "tokens.json")  # what a folder has that is a run's
# Names of `asr.run`, which would bring the configuration and NumPy, and of what else `asr` reads from a run.
_OF_RUN = {
    *_RUN,
    *("features.npz", "history.jsonl", "excluded.jsonl", "environment.json", "weights", "logs"),
    *("decoder.json", "pronunciations.txt", "model.onnx", "model.int8.onnx"),
}


def check_outputs(sources: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Check that outputs can be written and would replace neither a source, nor a part of a run, nor each other.

    Raises:
        OutputError: one would, or is a folder, or is called ``-``.
    """
    taken = {os.path.realpath(source): "is read by this command" for source in sources}
    for output in outputs:
        if output.parts[:1] == ("-",):
            raise OutputError(f"{output}: results do not go to stdout: name a file")
        if output.is_dir():
            raise OutputError(f"{output}: a folder: name a file to write")
        place = os.path.realpath(output)
        if place in taken and not takes_bytes_only(output):
            raise OutputError(f"{output}: {taken[place]}: name another output")
        if run := _run_of(Path(place)):
            raise OutputError(f"{output}: is a part of the run {run}: name another output")
        taken[place] = "is written twice"


def _run_of(place: Path) -> Path | None:
    """Return the run folder that a path is a part of; None: of none."""
    return next(
        (
            folder
            for folder in place.parents
            if place.relative_to(folder).parts[0] in _OF_RUN and all((folder / name).is_file() for name in _RUN)
        ),
        None,
    )
