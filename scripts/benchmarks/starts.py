"""Whole processes, timed from their start to the first of what they print.

Seconds are the clock's; those on the processor are of all until the end, and do not grow when others use the machine.
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from benchmarks.machine import peak_mb_of
from benchmarks.turns import Timing


def start(command: Sequence[str], timing: Timing, environment: Mapping[str, str] | None = None) -> None:
    """Add one process to a timing.

    Raises:
        RuntimeError: it failed; what it said is on stderr.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})})
    assert process.stdout is not None
    with process.stdout as output:
        output.read(1)
        timing.seconds.append(time.perf_counter() - started)
        output.read()
    _, status, usage = os.wait4(process.pid, 0)
    timing.processor_seconds.append(usage.ru_utime + usage.ru_stime)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]}: the process ended with {process.returncode}")
    timing.peak_mb = max(timing.peak_mb, peak_mb_of(usage))
