"""Parts of a manifest, each transcribed by itself (``--shard i/n``), and the whole that they are joined to."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from asr.errors import ManifestError, OutputError
from asr.manifest import parse_row, read_json_lines
from asr.transcribe.pred_text import moved, write_lines

Item = TypeVar("Item")
_NAME = re.compile(r"(?P<stem>.+)\.(?P<number>\d+)-of-(?P<total>\d+)(?P<suffix>\.[^.]+)?")


class _Part(NamedTuple):
    path: Path
    stem: str
    number: int
    total: int


def part_of(items: Sequence[Item], part: tuple[int, int]) -> Sequence[Item]:
    """Return the consecutive items that are part i of n, counted from 1; parts differ by one item at most.

    >>> [part_of("ABCDE", (number, 3)) for number in (1, 2, 3)]
    ['A', 'BC', 'DE']
    """
    number, total = part
    return items[len(items) * (number - 1) // total : len(items) * number // total]


def part_name(name: str, part: tuple[int, int]) -> str:
    """Return the file name of a part.

    >>> part_name("dev.jsonl", (2, 4)), part_name("dev.jsonl", (1, 1))
    ('dev.2-of-4.jsonl', 'dev.jsonl')
    """
    number, total = part
    path = Path(name)
    return name if total == 1 else f"{path.stem}.{number}-of-{total}{path.suffix}"


def merge_manifests(parts: Sequence[Path], output: Path) -> int:
    """Join the parts of a manifest in their order, whatever order they are named in.

    Returns:
        How many lines there are.

    Raises:
        ManifestError: a part is missing, there twice, not of the same whole, or no manifest.
        OutputError: the output exists.
    """
    if output.exists():
        raise OutputError(f"{output}: is there already: remove it, or name another --output")
    for path in parts:
        if not os.path.exists(path):
            raise ManifestError(f"{path}: is not there: make this part, or mend its name")
    values = [
        moved(value, part.path.parent, output.parent)
        for part in _in_order([_parsed(path) for path in parts])
        for value in _values(part.path)
    ]
    write_lines(output, values)
    return len(values)


def _values(manifest: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a manifest, checked as `asr.transcribe.pred_text.read_rows` does."""
    for number, value in read_json_lines(manifest):
        parse_row({"duration": 0.0, "text": ""} | value, manifest, number)
        yield value


def _parsed(path: Path) -> _Part:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ManifestError(f"{path}: not named as asr transcribe --shard names parts (NAME.1-of-4.jsonl): keep names")
    return _Part(path, match["stem"], int(match["number"]), int(match["total"]))


def _in_order(parts: Sequence[_Part]) -> list[_Part]:
    first = parts[0]
    found: dict[int, _Part] = {}
    for part in parts:
        if (part.stem, part.total) != (first.stem, first.total):
            raise ManifestError(f"{part.path}: not of one whole with {first.path}: name the parts of one")
        if part.number in found:
            raise ManifestError(f"{part.path}: part {part.number} is already there as {found[part.number].path}")
        found[part.number] = part
    if missing := [f"{number}/{first.total}" for number in range(1, first.total + 1) if number not in found]:
        raise ManifestError(f"{', '.join(missing)}: not among the parts named: make it, and name all of them")
    return [found[number] for number in sorted(found)]
