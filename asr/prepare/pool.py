"""Blocks made by parallel processes, each with one BLAS thread."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from threadpoolctl import threadpool_limits

from asr.errors import ShardError
from asr.prepare.blocks import Block, make_block, read_record


def make_missing(blocks: Sequence[Block], jobs: int, on_progress: Callable[[int, int], None]) -> None:
    """Make the blocks that are not whole yet; those with failures too, for the reason may have gone.

    Raises:
        ShardError: a worker process was killed.
    """
    missing = [block for block in blocks if not block.record_path.exists() or read_record(block).failures]
    total = sum(len(block.utterances) for block in blocks)
    done = total - sum(len(block.utterances) for block in missing)
    on_progress(done, total)
    jobs = min(jobs, len(missing))
    for block in _one_by_one(missing) if jobs <= 1 else _in_parallel(missing, jobs):
        done += len(block.utterances)
        on_progress(done, total)


def _one_by_one(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        with threadpool_limits(1):  # as in the workers: sums in another order would give other bytes
            make_block(block)
        yield block


def _in_parallel(blocks: Sequence[Block], jobs: int) -> Iterator[Block]:
    """Make blocks and yield each when it is done, in any order."""
    context = multiprocessing.get_context("spawn")  # "fork" is not safe: the parent may have threads
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker) as pool:
        futures = {pool.submit(make_block, block): block for block in blocks}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BrokenProcessPool as error:
            raise ShardError(
                "a worker process was killed, perhaps for want of memory: go on with --resume and fewer --jobs"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends the others
    threadpool_limits(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent was killed; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
