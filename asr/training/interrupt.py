"""Ctrl-C and SIGTERM between two steps, never within one: a step is done whole or not at all."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruption_noted() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether the process was asked to stop; a second request stops it at once."""
    asked = threading.Event()

    def note(signum: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        os.write(2, b"asr: stopping at the next step, with a checkpoint; once more stops at once\n")

    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield asked.is_set
        return
    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
