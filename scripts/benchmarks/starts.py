"""Whole processes, timed from their start to their end."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from benchmarks.turns import Timing


def start(command: Sequence[str], timing: Timing, environment: Mapping[str, str] | None = None) -> None:
    """Add one process to a timing.

    Raises:
        RuntimeError: it failed; what it said is on stderr.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    _, status, usage = os.wait4(process.pid, 0)
    timing.seconds.append(time.perf_counter() - started)
    timing.processor_seconds.append(usage.ru_utime + usage.ru_stime)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]}: the process ended with {process.returncode}")
    timing.peak_mb = max(timing.peak_mb, usage.ru_maxrss * 1024 / 1e6)
