"""The process that runs pyctcdecode: the environment that it lives in (NumPy below 2) need not have this project's.

    PYTHON pyctcdecode_server.py TASK CONTENDER

Each line on stdin is one pass over all utterances, answered as `benchmarks.served` has it.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pyctcdecode import build_ctcdecoder  # pyright: ignore[reportMissingImports]

from benchmarks.decode_task import Task
from benchmarks.served import serve


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

    def decode_all() -> None:
        texts = {name: decoder.decode(m, beam_width=task.beam_size, **limits) for name, m in matrices.items()}
        task.write_texts(sys.argv[2], texts)

    serve(sys.stdin, decode_all)


if __name__ == "__main__":
    main()
