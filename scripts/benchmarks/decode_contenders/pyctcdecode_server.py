"""The process that runs pyctcdecode: the environment that it lives in (NumPy below 2) need not have this project's.

    PYTHON pyctcdecode_server.py TASK CONTENDER

Each line on stdin is one pass over all utterances; it is answered by a line of JSON: seconds on the processor since the
start, and peak memory. The first such line says that it is ready.
"""

import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pyctcdecode import build_ctcdecoder  # pyright: ignore[reportMissingImports]

from benchmarks.decode_task import Task


def main() -> None:
    """Serve until stdin ends."""
    values = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    paths = {name: Path(values.pop(name)) for name in ("log_probs", "tokens", "arpa", "lexicon", "hypotheses")}
    task = Task(**paths, **values)
    weight = task.lm_weight_of_log10
    decoder = build_ctcdecoder(
        ["", *task.labels()[1:]],
        kenlm_model_path=str(task.arpa),
        alpha=task.lm_weight,
        beta=task.word_bonus,
        unk_score_offset=task.oov_penalty / weight if weight else 0.0,
    )
    matrices = task.matrices()
    limits = {"beam_prune_logp": -task.beam_threshold, "token_min_logp": task.token_min_log_prob}
    answer()
    for _ in sys.stdin:
        texts = {name: decoder.decode(m, beam_width=task.beam_size, **limits) for name, m in matrices.items()}
        task.write_texts(sys.argv[2], texts)
        answer()


def answer() -> None:
    """Print a line of figures."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    peak_mb = int(found[1]) * 1024 / 1e6 if found else float("nan")
    print(json.dumps({"seconds": time.process_time(), "peak_mb": peak_mb}), flush=True)


if __name__ == "__main__":
    main()
