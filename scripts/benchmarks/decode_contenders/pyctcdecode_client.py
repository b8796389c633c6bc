"""pyctcdecode with KenLM, any words, in a process of an environment of its own."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

from benchmarks.decode_task import Task

_SERVER = Path(__file__).with_name("pyctcdecode_server.py")


def missing(python: Path | None) -> str | None:
    """Return why it cannot run with that interpreter, or None where it can."""
    if python is None:
        return "no interpreter: name one that has it with --pyctcdecode-python"
    try:
        command = [str(python), "-c", "import pyctcdecode, kenlm"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{python}: {error.strerror}"
    return result.stderr.strip().splitlines()[-1] if result.returncode else None


class Served:
    """One pass, done by the server.

    Attributes:
        seconds, peak_mb: the server's.
    """

    def __init__(self, task: Task, name: str, python: Path) -> None:
        """Start the server."""
        path = task.hypotheses / f"{name}.task"
        path.write_text(json.dumps(asdict(task), default=str), encoding="utf-8")
        command = [str(python), "-W", "ignore", str(_SERVER), str(path), name]
        self._process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._receive()

    def _receive(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"pyctcdecode: its process ended with {self._process.wait()}")
        answer = json.loads(line)
        self.seconds, self.peak_mb = answer["seconds"], answer["peak_mb"]

    def __call__(self) -> float:
        """Decode all utterances once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._receive()
        return 0.0

    def clock(self) -> float:
        """Return the server's seconds on the processor."""
        return self.seconds

    def peak_memory_mb(self) -> float:
        """Return the server's peak memory."""
        return self.peak_mb


def build(task: Task, name: str, python: Path) -> Served:
    """Return one pass: see the package."""
    return Served(task, name, python)
