"""Contenders in turn: each in a process of its own that lives for one case, and only one of them at work at a time.

So each has its own threads and its own peak of memory, and whatever slows the machine down for a minute slows all of
them.
"""

import importlib
import math
import multiprocessing
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.machine import peak_memory_mb

_TURN_S = 0.5  # a quick step is repeated for so long, and the turn's time is the mean
_SLOW_S = 10.0  # what takes longer is timed less often
_SLOW_REPEATS = 3
_ONCE_S = 60.0  # what compiles nothing and takes longer has had its turn with the warm-up
_COMPILING_S = 60.0  # what takes longer is not compiling, but slow
_REST_S = 0.3  # before a turn: threads of the one before spin for a while before they sleep


@dataclass(frozen=True)
class Contender:
    """What is timed: ``build(*arguments)`` of a module returns a function that does one step and returns a number.

    The function may have a ``clock()`` of its own, in seconds (default: `time.perf_counter`), and its own
    ``processor_clock()`` and ``peak_memory_mb()``, where another process does the work.

    Attributes:
        name: what ``--contenders`` calls it.
        module: imported in the contender's process alone.
        arguments: of ``build``.
        compiles: whether a first step may spend its time compiling, so that it takes a second to know the speed.
    """

    name: str
    module: str
    arguments: tuple[Any, ...] = ()
    compiles: bool = True


@dataclass
class Timing:
    """What came of a contender's turns.

    Attributes:
        seconds: a step in each turn.
        processor_seconds: likewise, of all threads together.
        base_mb: peak memory once its libraries were loaded.
        peak_mb: peak memory at the end.
    """

    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    base_mb: float = 0.0
    peak_mb: float = 0.0

    @property
    def median(self) -> float:
        """Seconds a step."""
        return statistics.median(self.seconds)


def take_turns(contenders: Sequence[Contender], repeats: int, label: str) -> tuple[dict[str, Timing], dict[str, str]]:
    """Return the timings of those that run, and why the others are left out, by name.

    Args:
        contenders: in the order of their turns.
        repeats: turns of each; of those whose step takes over 10 s, at most 3, and where it takes over a minute and
            compiles nothing, the warm-up alone.
        label: for the lines of progress.

    Raises:
        RuntimeError: a contender failed; its own traceback is on stderr.
    """
    workers: list[_Worker] = []
    left_out: dict[str, str] = {}
    try:
        for contender in contenders:
            _say(f"{label}: {contender.name} warms up")
            worker = _Worker(contender)
            workers.append(worker)
            if reason := worker.warm_up(repeats):
                left_out[contender.name] = reason
        runners = [worker for worker in workers if worker.name not in left_out]
        for turn in range(max((worker.repeats for worker in runners), default=0)):
            for worker in runners:
                if turn < worker.repeats:
                    time.sleep(_REST_S)
                    worker.take_turn()
                    _say(f"{label}: {worker.name} {worker.timing.seconds[-1]:.4g} s")
    finally:
        for worker in workers:
            worker.close()
    return {worker.name: worker.timing for worker in runners}, left_out


class _Worker:
    """A contender's process as the parent sees it."""

    def __init__(self, contender: Contender) -> None:
        self.name, self.timing, self._compiles = contender.name, Timing(), contender.compiles
        self.repeats = self._steps_a_turn = 1
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, contender), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process ends the pipe

    def warm_up(self, repeats: int) -> str | None:
        """Step until nothing is compiled any more; return why that cannot be, where something is not installed."""
        ready = self._receive()
        if isinstance(ready, str):
            return ready
        self.timing.base_mb = ready
        seconds, processor_seconds = self._steps(1)
        if not self._compiles and seconds > _ONCE_S:
            self._count(seconds, processor_seconds)
            self.repeats = 0
            return None
        if self._compiles and seconds < _COMPILING_S:
            seconds, _ = self._steps(1)
        self.repeats = min(repeats, _SLOW_REPEATS) if seconds > _SLOW_S else repeats
        self._steps_a_turn = max(1, math.ceil(_TURN_S / seconds))
        return None

    def take_turn(self) -> None:
        """Time one turn."""
        self._count(*self._steps(self._steps_a_turn))

    def _count(self, seconds: float, processor_seconds: float) -> None:
        self.timing.seconds.append(seconds)
        self.timing.processor_seconds.append(processor_seconds)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()  # which ends its wait
        self._process.join(timeout=10)
        self._process.terminate()

    def _steps(self, count: int) -> tuple[float, float]:
        """Return the seconds of a step, by the contender's clock and on the processor."""
        self._pipe.send(count)
        seconds, processor_seconds, value, self.timing.peak_mb = self._receive()
        if not math.isfinite(value):
            raise RuntimeError(f"{self.name}: a step gave {value}: what it computes is wrong")
        return seconds, processor_seconds

    def _receive(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            raise RuntimeError(f"{self.name}: its process ended with {self._process.exitcode}") from None


def _serve(pipe: Connection, contender: Contender) -> None:
    """Build a contender, then do as many steps as the parent asks for, until it closes the pipe."""
    try:
        module = importlib.import_module(contender.module)
    except ImportError as error:
        pipe.send(f"{error}")
        return
    pipe.send(peak_memory_mb())
    step = module.build(*contender.arguments)
    clock = getattr(step, "clock", time.perf_counter)
    processor_clock = getattr(step, "processor_clock", time.process_time)
    peak = getattr(step, "peak_memory_mb", peak_memory_mb)
    while True:
        try:
            count = pipe.recv()
        except EOFError:
            return
        started, processor_started = clock(), processor_clock()
        values = [step() for _ in range(count)]
        seconds, processor_seconds = clock() - started, processor_clock() - processor_started
        pipe.send((seconds / count, processor_seconds / count, sum(values), peak()))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
