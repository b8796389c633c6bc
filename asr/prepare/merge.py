"""Parts made by ``asr prepare --shard i/n`` joined into the folder that one run would have made, byte for byte."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from asr.errors import ShardError
from asr.features import FeatureStatistics
from asr.files import sync, write_atomically
from asr.manifest import read_json_lines
from asr.prepare.folder import publish, write_tables, writing
from asr.shards import (
    FAILURES,
    FINGERPRINT,
    INDEX,
    Fingerprint,
    check_blocks,
    read_fingerprint,
    read_index,
    read_statistics,
    sum_statistics,
)


def merge_shards(parts: Sequence[Path], output: Path) -> int:
    """Join all parts of a shard folder; blocks are linked where the file system can, else copied.

    Args:
        parts: every part of n once, in any order.
        output: the folder to make; it appears when it is whole.

    Returns:
        How many utterances it has.

    Raises:
        ShardError: a part is missing, there twice, damaged, or made from something else; or the output exists.
    """
    output = Path(os.path.abspath(output))
    if output.exists():
        raise ShardError(f"{output}: is there already: remove it, or name another --output")
    fingerprint = _common_fingerprint(parts)
    for part in parts:
        check_blocks(part, read_index(part), fingerprint.num_features)
    working = output.with_name(f".{output.name}.merging")
    rows, failures = (_rows_in_order(parts, name) for name in (INDEX, FAILURES))
    with writing(output):
        shutil.rmtree(working, ignore_errors=True)  # what an interrupted merge left; making it anew costs little
        working.mkdir(parents=True)
        for part in parts:
            _take_blocks(part, working)
        write_tables(working, rows, failures, _add(parts))
        write_atomically(working / FINGERPRINT, replace(fingerprint, part=(1, 1)).to_json().encode())
        publish(working, output)
    return len(rows)


def _common_fingerprint(parts: Sequence[Path]) -> Fingerprint:
    """Return the fingerprint that the parts share, once it is clear that each part of the whole is there once."""
    found: dict[int, Path] = {}
    first = read_fingerprint(parts[0])
    for part in parts:
        fingerprint = read_fingerprint(part)
        number, total = fingerprint.part
        if total != first.part[1]:
            raise ShardError(
                f"{part}: part {number} of {total}, but {parts[0]} is one of {first.part[1]}: prepare all alike"
            )
        if difference := fingerprint.difference(first):
            raise ShardError(f"{part}: not of one whole with {parts[0]}: {difference}: prepare all alike")
        if number in found:
            raise ShardError(f"{part}: part {number}/{total} is already there as {found[number]}: name each part once")
        found[number] = part
    total = first.part[1]
    if missing := [f"{number}/{total}" for number in range(1, total + 1) if number not in found]:
        raise ShardError(
            f"{', '.join(missing)}: not among the parts named: make it with asr prepare --shard, and name all of them"
        )
    return first


def _take_blocks(part: Path, working: Path) -> None:
    for name in {entry.shard for entry in read_index(part)}:
        try:
            os.link(part / name, working / name)
        except OSError:  # another disk, or one without links
            shutil.copyfile(part / name, working / name)
            sync(working / name)


def _rows_in_order(parts: Sequence[Path], name: str) -> list[dict[str, Any]]:
    """The rows of a table of all parts, by block; within a block they are in order."""
    rows = [row for part in parts for _, row in read_json_lines(part / name)]
    return sorted(rows, key=lambda row: row["shard"])


def _add(parts: Sequence[Path]) -> list[FeatureStatistics]:
    """The statistics of each block; all parts but one have none of it, so that adding them is exact."""
    of_parts = [read_statistics(part) for part in parts]
    return [sum_statistics(of_block) for of_block in zip(*of_parts, strict=True)]
