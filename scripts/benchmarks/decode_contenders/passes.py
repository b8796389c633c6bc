"""One pass over the utterances of a task, as all contenders in this process do it."""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.decode_task import Task


class Pass:
    """A function of one utterance, applied to all of them in turn.

    Attributes:
        clock: seconds of this process on the processor.
    """

    clock = staticmethod(time.process_time)

    def __init__(self, name: str, task: Task, decode: Callable[[np.ndarray], str]) -> None:
        """Load the posteriors."""
        self._name, self._task, self._decode = name, task, decode
        self._matrices = task.matrices()

    def __call__(self) -> float:
        """Decode all utterances once, and return how many there are."""
        texts = {name: self._decode(log_probs) for name, log_probs in self._matrices.items()}
        self._task.write_texts(self._name, texts)
        return float(len(texts))
