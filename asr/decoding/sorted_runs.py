"""Sorting more records than memory holds: sorted runs in files, merged block by block.

A record is an element of a structured array with an int64 field ``key``; keys are sorted, the rest goes along.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np


class SortedRuns:
    """Records of any number, sorted by key within a given memory.

    Attributes:
        dtype: of a record.
    """

    def __init__(self, folder: Path, dtype: np.dtype, memory: int) -> None:
        """Keep runs in ``folder``, which the caller removes; hold about ``memory`` bytes at a time."""
        self.dtype = np.dtype(dtype)
        self._path = folder / f"runs-{id(self):x}"
        self._capacity = max(memory // (4 * self.dtype.itemsize), 1)  # a sort holds records, keys, order and a copy
        self._waiting: list[np.ndarray] = []
        self._num_waiting = 0
        self._run_lengths: list[int] = []

    def add(self, records: np.ndarray) -> None:
        """Add records [n] in any order; they may be kept as they are until `merged` is called."""
        self._waiting.append(records)
        self._num_waiting += len(records)
        if self._num_waiting >= self._capacity:
            run = self._sorted_waiting()
            with self._path.open("ab") as file:
                run.tofile(file)
            self._run_lengths.append(len(run))

    def merged(self) -> Iterator[np.ndarray]:
        """Yield all records in order of key, in blocks; equal keys are never in two blocks."""
        last = self._sorted_waiting()
        if not self._run_lengths:
            if len(last):
                yield last
            return
        runs = [_Run(self._path, start, length, self.dtype) for start, length in self._extents()]
        size = max(self._capacity // (len(runs) + 1), 1)
        buffers = [run.read(size) for run in runs] + [last]
        runs.append(_Run(self._path, 0, 0, self.dtype))
        while any(map(len, buffers)):
            for i, run in enumerate(runs):
                if len(buffers[i]) < size and run.left:
                    buffers[i] = np.concatenate([buffers[i], run.read(size)])
            # What is still in a file is at or above the last key that was read from it.
            unread = [buffer["key"][-1] for buffer, run in zip(buffers, runs, strict=True) if run.left]
            bound = min(unread) if unread else None
            ends = [len(b) if bound is None else int(np.searchsorted(b["key"], bound)) for b in buffers]
            if not any(ends):  # one key fills a buffer: read on
                size *= 2
                continue
            block = np.concatenate([buffer[:end] for buffer, end in zip(buffers, ends, strict=True)])
            buffers = [buffer[end:] for buffer, end in zip(buffers, ends, strict=True)]
            yield sort_by_key(block)
        self._path.unlink()

    def _sorted_waiting(self) -> np.ndarray:
        records = np.concatenate([*self._waiting, np.empty(0, self.dtype)])
        self._waiting, self._num_waiting = [], 0
        return sort_by_key(records)

    def _extents(self) -> list[tuple[int, int]]:
        ends = np.cumsum(self._run_lengths)
        return [(int(end) - length, length) for end, length in zip(ends, self._run_lengths, strict=True)]


class _Run:
    """A stretch of a file of records, read from its start to its end."""

    def __init__(self, path: Path, start: int, length: int, dtype: np.dtype) -> None:
        self._path, self._start, self.left, self._dtype = path, start, length, dtype

    def read(self, size: int) -> np.ndarray:
        size = min(size, self.left)
        records = np.fromfile(self._path, self._dtype, size, offset=self._start * self._dtype.itemsize)
        self._start += size
        self.left -= size
        return records


def sort_by_key(records: np.ndarray) -> np.ndarray:
    """Return records [n] in order of key, equal keys in the order they had."""
    return records[np.argsort(records["key"], kind="stable")]
