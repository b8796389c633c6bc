"""From a process's start to the text of one short file, and what the time is made of.

Parts are those of a process that does what `asr transcribe` does, step by step (`benchmarks.transcribe_parts`).
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.results import Row, rows_of
from benchmarks.starts import start
from benchmarks.turns import Timing

_CASE = "start"
_PARTS = Path(__file__).with_name("transcribe_parts.py")


def start_rows(commands: Mapping[str, Sequence[str]], in_parts: Mapping[str, Sequence[str]], repeats: int) -> list[Row]:
    """Return rows of whole processes, those of ``in_parts`` with the medians of their ``parts``.

    Where ``ours`` is among them, ``ours_first`` is the same once, with nothing compiled, as after an installation.

    Args:
        commands: by contender.
        in_parts: arguments of `benchmarks.transcribe_parts` by contender.
        repeats: starts of each.
    """
    for command in commands.values():
        start(command, Timing())  # which reads what no memory holds yet, and compiles
    timings = {name: Timing() for name in commands}
    parts: dict[str, list[dict[str, list[float]]]] = {name: [] for name in in_parts}
    for _ in range(repeats):
        for name, command in commands.items():
            start(command, timings[name])
        for name, arguments in in_parts.items():
            parts[name].append(_parts(arguments))
    if "ours" in commands:
        timings["ours_first"] = Timing()
        with tempfile.TemporaryDirectory() as folder:
            start(commands["ours"], timings["ours_first"], {"NUMBA_CACHE_DIR": folder})
    return [row | {"parts": medians(parts.get(row["contender"], []))} for row in rows_of(timings, _CASE)]


def _parts(arguments: Sequence[str]) -> dict[str, list[float]]:
    command = [sys.executable, str(_PARTS), *arguments, str(time.monotonic())]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def medians(starts: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """Return the median seconds of each part, by the clock and on the processor."""
    names = starts[0] if starts else ()
    return {
        name: [round(statistics.median(one[name][clock] for one in starts), 6) for clock in (0, 1)] for name in names
    }


def part_rows(rows: Sequence[Row]) -> list[Row]:
    """Return a row for each part of each start that was taken apart."""
    return [
        {"contender": row["contender"], "part": part, "seconds": seconds, "processor_seconds": on_processor}
        for row in rows
        for part, (seconds, on_processor) in row.get("parts", {}).items()
    ]
