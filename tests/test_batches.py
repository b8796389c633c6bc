import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.batches import FILLER, cut_buckets, make_batch, plan_epoch, plan_in_order
from asr.config import DataConfig

lengths = st.lists(st.integers(1, 500), min_size=1, max_size=60)


def config(frames_per_batch: int = 1_000, num_buckets: int = 4) -> DataConfig:
    return DataConfig(frames_per_batch=frames_per_batch, num_buckets=num_buckets)


@given(num_frames=lengths, replicas=st.integers(1, 4), seed=st.integers(0, 100), epoch=st.integers(0, 5))
def test_an_epoch_holds_every_utterance_once_in_few_shapes(num_frames, replicas, seed, epoch):
    buckets = cut_buckets(num_frames, [1] * len(num_frames), config(), multiple_of=replicas)
    for plans in (plan_epoch(buckets, seed=seed, epoch=epoch, short_first=epoch == 0), plan_in_order(buckets)):
        rows = np.concatenate([plan.rows for plan in plans])
        assert sorted(rows[rows != FILLER]) == list(range(len(num_frames)))
        assert len({(len(plan.rows), plan.bucket.num_frames, plan.bucket.num_labels) for plan in plans}) <= 4
        for plan in plans:
            assert len(plan.rows) % replicas == 0
            assert any(plan.rows != FILLER)
            assert all(num_frames[i] <= plan.bucket.num_frames for i in plan.rows if i != FILLER)


@given(num_frames=lengths)
def test_a_batch_is_within_the_limit_of_frames_unless_one_utterance_alone_is_longer(num_frames):
    for bucket in cut_buckets(num_frames, [1] * len(num_frames), config(frames_per_batch=300)):
        assert bucket.size == 1 or bucket.size * bucket.num_frames <= 300


def test_the_order_follows_from_seed_and_epoch_alone():
    buckets = cut_buckets(list(range(1, 60)), [1] * 59, config())

    def rows(seed: int, epoch: int) -> list[int]:
        return [int(i) for plan in plan_epoch(buckets, seed=seed, epoch=epoch, short_first=False) for i in plan.rows]

    assert rows(1, 2) == rows(1, 2)
    assert rows(1, 2) != rows(1, 3)
    assert rows(1, 2) != rows(2, 2)


def test_a_first_epoch_can_go_from_short_to_long():
    buckets = cut_buckets(list(range(1, 60)), [1] * 59, config())
    frames = [plan.bucket.num_frames for plan in plan_epoch(buckets, seed=1, epoch=0, short_first=True)]
    assert frames == sorted(frames)


def test_rows_hold_frames_and_labels_and_are_empty_after_them():
    buckets = cut_buckets([3, 2, 4], [2, 1, 1], config(num_buckets=1), multiple_of=2)
    (plan,) = plan_in_order(buckets)
    frames = {i: np.full((n, 5), i + 1.0) for i, n in enumerate([3, 2, 4])}
    labels = {0: [7, 8], 1: [9], 2: [6]}
    batch = make_batch(plan, frames.__getitem__, labels.__getitem__, num_features=5)
    assert list(batch.rows) == [1, 0, 2, FILLER]
    assert list(batch.weights) == [1, 1, 1, 0]
    assert list(batch.lengths) == [2, 3, 4, 0]
    assert batch.labels.tolist() == [[9, 0], [7, 8], [6, 0], [0, 0]]
    assert list(batch.label_lengths) == [1, 2, 1, 0]
    assert batch.frames[:, :, 0].tolist() == [[2, 2, 0, 0], [1, 1, 1, 0], [3, 3, 3, 3], [0, 0, 0, 0]]
    assert batch.num_frames == 9


@pytest.mark.parametrize("num_frames", [[], [10]])
def test_few_utterances_make_few_buckets(num_frames):
    assert len(cut_buckets(num_frames, [1] * len(num_frames), config())) == len(num_frames)
