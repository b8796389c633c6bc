"""Ours: `asr score` from two files to two reports, with interval and confusions, in the contender's own process."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from asr.cli import main


def build(references: Path, hypotheses: Path, *options: str) -> Callable[[], float]:
    """Return one run of the command, which gives its exit status."""
    reports = ["--json", str(references.with_suffix(".json")), "--markdown", str(references.with_suffix(".md"))]

    def run() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            return float(main(["score", str(references), str(hypotheses), *reports, *options]))

    return run
