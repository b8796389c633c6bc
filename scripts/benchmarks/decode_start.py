"""From a process's start to its first text: Python, libraries, language model, words, one utterance.

    PYTHON decode_start.py LOG_PROBS TOKENS ARPA

is that process. Its seconds are the clock's, taken outside. start_first runs it with an empty cache of compiled code.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

from benchmarks.decode_task import Task
from benchmarks.turns import Timing

_PROGRAM = """
import sys
import numpy as np
import asr
log_probs = np.load(sys.argv[1])
lm = asr.LanguageModel(sys.argv[3])
print(asr.decode(log_probs[log_probs.files[0]], asr.Tokens.load(sys.argv[2]), lm=lm, beam_threshold=20.0)[0].text)
"""


def time_starts(task: Task, repeats: int) -> dict[str, Timing]:
    """Return seconds of whole processes: ``ours`` with all caches there, ``start_first`` once, with none compiled."""
    command = [sys.executable, "-c", _PROGRAM, str(task.log_probs), str(task.tokens), str(task.arpa)]
    _start(command, {})  # which compiles what is not there yet
    ours = Timing([_start(command, {}) for _ in range(repeats)])
    ours.peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    with tempfile.TemporaryDirectory() as folder:
        first = Timing([_start(command, {"NUMBA_CACHE_DIR": folder})])
    first.peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return {"ours": ours, "start_first": first}


def _start(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return time.perf_counter() - started
