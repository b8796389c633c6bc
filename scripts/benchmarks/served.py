"""A contender in another environment: its process answers each line on stdin with a line of figures.

The environment need have nothing of this project, and neither may what the process imports of these benchmarks.
"""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path


class Served:
    """One step, done by a process that `serve`s.

    Attributes:
        processor_seconds, peak_mb: of the process so far, as it said last.
    """

    def __init__(self, name: str, command: Iterable[str | Path]) -> None:
        """Start the process, and wait until it is ready."""
        self._name = name
        self._process = subprocess.Popen(
            [str(word) for word in command],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._receive()

    def _receive(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name}: its process ended with {self._process.wait()}")
        answer = json.loads(line)
        self.processor_seconds, self.peak_mb = answer["processor_seconds"], answer["peak_mb"]

    def __call__(self) -> float:
        """Do one step."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._receive()
        return 0.0

    def processor_clock(self) -> float:
        """Return the process's seconds on the processor."""
        return self.processor_seconds

    def peak_memory_mb(self) -> float:
        """Return the process's peak memory."""
        return self.peak_mb


def missing(python: Path | None, modules: str, option: str) -> str | None:
    """Return why an interpreter cannot import modules (``"a, b"``), or None where it can."""
    if python is None:
        return f"no interpreter: name one that has it with {option}"
    try:
        result = subprocess.run([str(python), "-c", f"import {modules}"], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{python}: {error.strerror}"
    return result.stderr.strip().splitlines()[-1] if result.returncode else None


def serve(
    lines: Iterable[str],
    step: Callable[[], None],
    *,
    processor_clock: Callable[[], float] = time.process_time,
    peak_mb: Callable[[], float] | None = None,
) -> None:
    """Say that the process is ready, then do a step for each line, and print the figures after each."""
    peak_mb = peak_mb or own_peak_mb
    print(json.dumps({"processor_seconds": processor_clock(), "peak_mb": peak_mb()}), flush=True)
    for _ in lines:
        step()
        print(json.dumps({"processor_seconds": processor_clock(), "peak_mb": peak_mb()}), flush=True)


def own_peak_mb() -> float:
    """Return the most memory that this process has had, in 1e6 bytes; not a number where the system does not say."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")
