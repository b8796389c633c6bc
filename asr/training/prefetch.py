"""Batches made in the background while the network computes, and how long it had to wait for them."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

_DEPTH = 4  # batches made ahead; memory of a few batches hides the jitter of a disk


class Prefetch(Generic[In, Out]):
    """``make(item)`` of each item in order, computed ahead in one thread.

    An error in the thread is raised where its result would have come. Leaving the iteration early ends the thread.
    """

    def __init__(self, make: Callable[[In], Out], items: Sequence[In]) -> None:
        self.seconds_waited = 0.0
        self._make, self._items = make, items

    def __iter__(self) -> Iterator[Out]:
        ready: queue.Queue[tuple[Out | None, BaseException | None]] = queue.Queue(_DEPTH)
        stop = threading.Event()
        thread = threading.Thread(target=self._fill, args=(ready, stop), daemon=True)
        thread.start()
        try:
            for _ in self._items:
                started = time.perf_counter()
                value, error = ready.get()
                self.seconds_waited += time.perf_counter() - started
                if error is not None:
                    raise error
                yield value  # pyright: ignore[reportReturnType]  # None only beside an error
        finally:
            stop.set()
            while thread.is_alive():
                _drain(ready)
                thread.join(0.01)

    def _fill(self, ready: "queue.Queue[tuple[Out | None, BaseException | None]]", stop: threading.Event) -> None:
        for item in self._items:
            if stop.is_set():
                return
            try:
                ready.put((self._make(item), None))
            except BaseException as error:  # handed to the thread that iterates, which raises it
                ready.put((None, error))
                return


def _drain(ready: "queue.Queue") -> None:
    while not ready.empty():
        ready.get_nowait()
