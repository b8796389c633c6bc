import itertools
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.sorted_runs import SortedRuns

RECORD = np.dtype([("key", np.int64), ("value", np.int64)])


@pytest.mark.parametrize("memory", [1, 1000, 10**6])
@pytest.mark.parametrize("num_keys", [1, 7, 10**6])
def test_records_come_sorted_whole_and_equal_keys_together(tmp_path: Path, memory: int, num_keys: int) -> None:
    rng = np.random.default_rng(0)
    runs, parts = SortedRuns(tmp_path, RECORD, memory), []
    for size in (0, 1, 30, 100):
        part = np.zeros(size, RECORD)
        part["key"] = rng.integers(0, num_keys, size)
        part["value"] = rng.integers(0, 10**6, size)
        runs.add(part)
        parts.append(part)
    blocks = list(runs.merged())
    found, expected = np.concatenate(blocks), np.concatenate(parts)
    assert (np.diff(found["key"]) >= 0).all()
    assert sorted(found.tolist()) == sorted(expected.tolist())
    edges = [(before["key"][-1], after["key"][0]) for before, after in itertools.pairwise(blocks)]
    assert all(last < first for last, first in edges)
    assert not list(tmp_path.iterdir())


def test_no_records_are_no_blocks(tmp_path: Path) -> None:
    assert list(SortedRuns(tmp_path, RECORD, 100).merged()) == []
