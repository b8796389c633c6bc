"""pyctcdecode with KenLM, any words, in a process of an environment of its own."""

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import served
from benchmarks.decode_task import Task

_SERVER = Path(__file__).with_name("pyctcdecode_server.py")


def missing(python: Path | None) -> str | None:
    """Return why it cannot run with that interpreter, or None where it can."""
    return served.missing(python, "pyctcdecode, kenlm", "--pyctcdecode-python")


class _Pass(served.Served):
    clock = served.Served.processor_clock


def build(task: Task, name: str, python: Path) -> served.Served:
    """Return one pass: see the package."""
    path = task.hypotheses / f"{name}.task"
    path.write_text(json.dumps(asdict(task), default=str), encoding="utf-8")
    return _Pass("pyctcdecode", [python, "-W", "ignore", _SERVER, path, name])
