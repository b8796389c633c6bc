"""The shard folder while it is made: a working folder beside it, held by one run, renamed when it is whole."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from asr.errors import ShardError
from asr.features import FeatureStatistics
from asr.files import replacing, sync, write_atomically
from asr.manifest import read_json_lines
from asr.prepare.blocks import Block, read_record
from asr.shards import FAILURES, FINGERPRINT, INDEX, STATISTICS, Fingerprint, read_fingerprint

_LOCK = "lock"


@contextmanager
def working_folder(folder: Path, fingerprint: Fingerprint, resume: bool) -> Iterator[None]:
    """Hold the folder in which a run collects its blocks.

    Raises:
        ShardError: another run holds it; or an earlier one left it, and ``resume`` is not set or that run made
            something else.
    """
    if folder.exists() and not resume:
        raise ShardError(f"{folder}: an unfinished run is there: go on with --resume, or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ShardError(f"{folder}: another asr prepare is at work on it: wait until it has finished") from error
        if (folder / FINGERPRINT).exists():
            _check_same(folder, fingerprint)
        else:
            write_atomically(folder / FINGERPRINT, fingerprint.to_json().encode())
        yield


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Turn what the operating system refuses (a full disk, a folder that is not ours) into an error of ours.

    Raises:
        ShardError: something could not be written.
    """
    try:
        yield
    except OSError as error:
        raise ShardError(
            f"{output}: cannot be written ({error.strerror}): make room or name another --output"
        ) from error


def finished_failures(output: Path, fingerprint: Fingerprint, resume: bool) -> dict[str, str]:
    """Return the failures of a folder that is finished and was made from the same things.

    Raises:
        ShardError: ``resume`` is not set, or the folder was made from something else.
    """
    if not resume:
        raise ShardError(f"{output}: is there already: remove it, or name another --output")
    _check_same(output, fingerprint)
    return {row["id"]: row["error"] for _, row in read_json_lines(output / FAILURES)}


def assemble(blocks: Sequence[Block], fingerprint: Fingerprint, working: Path, output: Path) -> dict[str, str]:
    """Turn a working folder with all its blocks into the finished one, and return the failures."""
    records = {block.number: read_record(block) for block in blocks}
    statistics = [FeatureStatistics.none(fingerprint.num_features)] * fingerprint.num_blocks
    for number, record in records.items():
        statistics[number] = FeatureStatistics(record.count, np.array(record.total), np.array(record.total_of_squares))
    failures = [row for record in records.values() for row in record.failures]
    write_tables(working, (row for record in records.values() for row in record.entries), failures, statistics)
    _remove_all_but(
        working, {INDEX, FAILURES, STATISTICS, FINGERPRINT, *(b.name for b in blocks if records[b.number].count)}
    )
    publish(working, output)
    return {row["id"]: row["error"] for row in failures}


def write_tables(
    folder: Path,
    entries: Iterable[Mapping[str, Any]],
    failures: Iterable[Mapping[str, str]],
    statistics: Sequence[FeatureStatistics],
) -> None:
    """Write the index, the failures and the statistics of each block."""
    for name, rows in ((INDEX, entries), (FAILURES, failures)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomically(folder / name, "".join(lines).encode())
    with replacing(folder / STATISTICS) as part:
        np.savez(
            part,
            count=np.array([s.count for s in statistics]),
            total=np.array([s.total for s in statistics]),
            total_of_squares=np.array([s.total_of_squares for s in statistics]),
        )


def publish(working: Path, output: Path) -> None:
    """Give the whole folder its name."""
    sync(working)
    os.rename(working, output)
    sync(output.parent)


def _remove_all_but(folder: Path, names: set[str]) -> None:
    """Remove records, the lock, empty blocks, and what a killed worker left."""
    for path in list(folder.iterdir()):
        if path.name not in names:
            path.unlink()


def _check_same(folder: Path, fingerprint: Fingerprint) -> None:
    found = read_fingerprint(folder)
    difference = found.difference(fingerprint)
    if difference is None and found.part != fingerprint.part:
        there, here = ("{} of {}".format(*part) for part in (found.part, fingerprint.part))
        difference = f"it is part {there}, not {here}"
    if difference is not None:
        raise ShardError(f"{folder}: {difference}: remove it, or name another --output")
