"""Work that is done ahead of where its results are needed, on threads."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def ahead(
    function: Callable[[Given], Made], items: Iterable[Given], executor: Executor, num_ahead: int
) -> Generator[Made, None, None]:
    """Yield ``function(item)`` for each item, in order, while up to ``num_ahead`` later ones are worked on.

    Once it is closed, none is begun any more.

    Args:
        function: what is done; what it raises is raised where its result would be.
        items: taken from the caller's thread, no further ahead than that.
        executor: that does it.
        num_ahead: 0: each is worked on when its turn has come.
    """
    waiting: deque[Future[Made]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) > num_ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
