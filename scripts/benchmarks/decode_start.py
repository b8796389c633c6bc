"""From a process's start to its first text: Python, libraries, language model with all its words, one utterance.

start_first runs once with an empty cache of compiled code, as after an installation.
"""

import sys
import tempfile

from benchmarks.decode_task import Task
from benchmarks.results import Row, rows_of
from benchmarks.starts import start
from benchmarks.turns import Timing

_PROGRAM = """
import sys
import numpy as np
import asr
log_probs = np.load(sys.argv[1])
lm = asr.LanguageModel(sys.argv[3])
found = asr.decode(log_probs[log_probs.files[0]], asr.Tokens.load(sys.argv[2]), lm=lm, beam_threshold=20.0)
print(found[0].text, flush=True)
"""


def start_rows(task: Task, repeats: int, case: str) -> list[Row]:
    """Return rows of whole processes: ``ours`` with all caches there, ``start_first`` once, with nothing compiled."""
    command = [sys.executable, "-c", _PROGRAM, str(task.log_probs), str(task.tokens), str(task.arpa)]
    start(command, Timing())  # which compiles what is not there yet
    timings = {"ours": Timing(), "start_first": Timing()}
    for _ in range(repeats):
        start(command, timings["ours"])
    with tempfile.TemporaryDirectory() as folder:
        start(command, timings["start_first"], {"NUMBA_CACHE_DIR": folder})
    return rows_of(timings, case)
