"""Where a command writes, checked before it starts to work."""

import os
from collections.abc import Sequence
from pathlib import Path

from asr.errors import OutputError
from asr.files import takes_bytes_only

# Kinds of folders: the files by which one is known, and what else lies in it that is its own. The names are those of
# `asr.run` and `asr.shards`, which would bring the configuration and NumPy.
_KINDS = {
    "run": (
        {"config.toml", "tokens.json"},
        {"features.npz", "history.jsonl", "excluded.jsonl", "environment.json", "weights", "logs"}
        | {"decoder.json", "pronunciations.txt", "model.onnx", "model.int8.onnx"}
        | {"weights.npz", "spellings.npz"},
    ),
    "shards": ({"index.jsonl", "fingerprint.json"}, {"statistics.npz", "failures.jsonl"}),
}


def check_outputs(sources: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Check that outputs can be written and would replace no source, no part of a run or of shards, and no other.

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
        if whole := _whole_of(Path(place)):
            raise OutputError(f"{output}: is a part of the {whole}: name another output")
        taken[place] = "is written twice"


def _whole_of(place: Path) -> str | None:
    """Return the kind and name of the folder that a path is an own part of; None: of none."""
    for folder in place.parents:
        name = place.relative_to(folder).parts[0]
        for kind, (signs, others) in _KINDS.items():
            if name in signs | others and all((folder / sign).is_file() for sign in signs):
                return f"{kind} {folder}"
    return None
