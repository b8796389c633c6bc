"""Work for several threads: compiled functions run without the interpreter's lock."""

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asr.cores import num_cores


def num_threads() -> int:
    """Return how many processors this process may use; OMP_NUM_THREADS sets fewer."""
    allowed = num_cores()
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(wanted)) if wanted.isdigit() and int(wanted) else allowed


def in_parallel(function: Callable[..., Any], arguments: Sequence[tuple]) -> list[Any]:
    """Return the function's results for each tuple of arguments, in their order."""
    results: list[Any] = [None] * len(arguments)
    waiting = iter(enumerate(arguments))  # shared: who is free takes the next

    def work() -> None:
        for index, each in waiting:
            results[index] = function(*each)

    helpers = [_pool(os.getpid()).submit(work) for _ in range(min(num_threads(), len(arguments)) - 1)]
    work()
    for helper in helpers:
        helper.result()
    return results


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Return this process's threads; those of a parent do not live on in a fork."""
    return ThreadPoolExecutor(max(1, num_threads() - 1), thread_name_prefix="asr-recurrent")
