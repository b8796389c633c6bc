"""From a process's start to its first text: Python, libraries, language model with all its words, one utterance.

Seconds are the clock's, taken outside; processor_seconds beside them do not grow when others use the machine.
start_first runs once with an empty cache of compiled code, as after an installation.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.decode_task import Task
from benchmarks.results import Row, rows_of
from benchmarks.turns import Timing

_PROGRAM = """
import sys
import numpy as np
import asr
log_probs = np.load(sys.argv[1])
lm = asr.LanguageModel(sys.argv[3])
print(asr.decode(log_probs[log_probs.files[0]], asr.Tokens.load(sys.argv[2]), lm=lm, beam_threshold=20.0)[0].text)
"""


def start_rows(task: Task, repeats: int, case: str) -> list[Row]:
    """Return rows of whole processes: ``ours`` with all caches there, ``start_first`` once, with nothing compiled."""
    command = [sys.executable, "-c", _PROGRAM, str(task.log_probs), str(task.tokens), str(task.arpa)]
    _start(command, Timing(), {})  # which compiles what is not there yet
    timings = {"ours": Timing(), "start_first": Timing()}
    on_processor = {"ours": [_start(command, timings["ours"], {}) for _ in range(repeats)]}
    with tempfile.TemporaryDirectory() as folder:
        on_processor["start_first"] = [_start(command, timings["start_first"], {"NUMBA_CACHE_DIR": folder})]
    rows = rows_of(timings, case)
    return [row | {"processor_seconds": round(statistics.median(on_processor[row["contender"]]), 6)} for row in rows]


def _start(command: list[str], timing: Timing, environment: dict[str, str]) -> float:
    """Add one process to a timing, and return its seconds on the processor.

    Raises:
        RuntimeError: it failed; what it said is on stderr.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    _, status, usage = os.wait4(process.pid, 0)
    timing.seconds.append(time.perf_counter() - started)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ours: the process ended with {process.returncode}")
    timing.peak_mb = max(timing.peak_mb, usage.ru_maxrss * 1024 / 1e6)
    return usage.ru_utime + usage.ru_stime
