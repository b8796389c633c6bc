"""tf.nn.ctc_beam_search_decoder: no language model, no words, no pruning but the beam's size."""

import numpy as np
import tensorflow as tf

from benchmarks.decode_contenders.passes import Pass
from benchmarks.decode_task import Task

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def build(task: Task, name: str) -> Pass:
    """Return one pass: see the package."""
    labels = task.labels()
    letters = [*labels[1:], ""]  # its blank is the last class

    def decode(log_probs: np.ndarray) -> str:
        logits = np.roll(log_probs, -1, axis=1)[:, None]
        (paths, *_), _ = tf.nn.ctc_beam_search_decoder(logits, [len(logits)], beam_width=task.beam_size, top_paths=1)
        return " ".join("".join(letters[label] for label in paths.values.numpy()).split())

    return Pass(name, task, decode)
