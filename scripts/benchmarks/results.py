"""Rows of figures as JSON and as a table, for every benchmark alike.

A row is a dictionary with at least ``contender``, ``case``, ``seconds`` (of each turn), ``median``, ``ratio_to_ours``
(its median over that of ``ours``; None where ours did not run), ``processor_seconds`` (the median of those of all its
threads) and ``peak_mb``; what else it has is the benchmark's.
"""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.turns import Timing

Row: TypeAlias = dict[str, Any]


def rows_of(timings: Mapping[str, Timing], case: str) -> list[Row]:
    """Return a row for each contender of a case."""
    ours = timings.get("ours")
    return [
        {
            "contender": name,
            "case": case,
            "seconds": [round(seconds, 6) for seconds in timing.seconds],
            "median": round(timing.median, 6),
            "processor_seconds": round(statistics.median(timing.processor_seconds), 6),
            "ratio_to_ours": round(timing.median / ours.median, 4) if ours else None,
            "peak_mb": round(timing.peak_mb, 1),
            "base_mb": round(timing.base_mb, 1),
        }
        for name, timing in timings.items()
    ]


def write(
    machine: Mapping[str, Any],
    rows: Sequence[Row],
    left_out: Mapping[str, str],
    path: Path | None,
    columns: Sequence[str],
) -> int:
    """Print a Markdown table, name what was left out, write the JSON, and return the exit status.

    Args:
        machine: of `benchmarks.machine.describe_machine`.
        rows: see the module.
        left_out: why, by contender.
        path: of the JSON; None: no file.
        columns: keys of the rows that the table shows.

    Returns:
        0, or 1 when no contender could run.
    """
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average']} before\n")
    print(table(rows, columns))
    for name, reason in left_out.items():
        print(f"{name}: left out: {reason}", file=sys.stderr)
    if path is not None:
        content = {"machine": machine, "results": rows, "left_out": left_out}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if rows else 1


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return the rows as a Markdown table."""
    lines = [columns, ["---"] * len(columns), *([_cell(row[column]) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "" if value is None else str(value)
