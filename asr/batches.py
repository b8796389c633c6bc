"""Utterances cut into batches of few shapes: which go together, in what order, and their arrays.

Batches are cut by frames, so that short utterances come many at a time. Each bucket of lengths has one shape; its last
batch is filled with empty rows of weight zero, so that no shape occurs but the planned ones. The order is a function of
(seed, epoch) alone: a run that resumes finds its place by counting.

Which utterance a row holds is an index into the caller's list; reading and changing frames is the caller's business.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from asr.config import DataConfig

FILLER = -1  # index of an empty row


@dataclass(frozen=True, slots=True)
class Bucket:
    """Utterances of similar length, and the one shape of their batches.

    Attributes:
        members: indices of utterances, from short to long.
        size: B, rows of a batch.
        num_frames: T, to which each is padded.
        num_labels: U, likewise.
    """

    members: np.ndarray
    size: int
    num_frames: int
    num_labels: int

    @property
    def num_batches(self) -> int:
        """Batches an epoch."""
        return -(-len(self.members) // self.size)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One batch of an epoch before any frame is read: its bucket, and the utterance of each row."""

    bucket: Bucket
    rows: np.ndarray  # [B] indices, FILLER in empty rows


@dataclass(frozen=True, slots=True)
class Batch:
    """The arrays of one batch; empty rows have length 0, no labels and weight 0.

    Attributes:
        rows: [B] indices of utterances, FILLER in empty rows.
        frames: [B, T, F] float32, zero past a length.
        lengths: [B] int32.
        labels: [B, U] int32, zero past a length.
        label_lengths: [B] int32.
    """

    rows: np.ndarray
    frames: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    label_lengths: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """[B] float32, 1 for an utterance and 0 for an empty row."""
        return (self.rows != FILLER).astype(np.float32)

    @property
    def num_frames(self) -> int:
        """True frames."""
        return int(self.lengths.sum())


def cut_buckets(
    num_frames: Sequence[int], num_labels: Sequence[int], config: DataConfig, *, multiple_of: int = 1
) -> list[Bucket]:
    """Return the buckets, from short to long, that hold every utterance once.

    Args:
        num_frames: of each utterance.
        num_labels: of each utterance.
        config: frames a batch and number of buckets.
        multiple_of: the number of replicas, which every batch size must be a multiple of.
    """
    if not num_frames:
        return []
    order = np.argsort(num_frames, kind="stable")
    # Equal shares of all frames, not of all utterances: where the frames are, padding costs most.
    total = np.cumsum(np.asarray(num_frames)[order], dtype=np.float64)
    share = np.minimum((total / total[-1] * config.num_buckets - 1e-9).astype(int), config.num_buckets - 1)
    buckets = []
    for number in np.unique(share):
        members = order[share == number]
        longest = max(int(num_frames[members[-1]]), 1)
        fitting = min(max(config.frames_per_batch // longest, 1), len(members))
        buckets.append(
            Bucket(
                members=members,
                size=-(-fitting // multiple_of) * multiple_of,
                num_frames=longest,
                num_labels=max(1, *(int(num_labels[i]) for i in members)),
            )
        )
    return buckets


def plan_epoch(buckets: Sequence[Bucket], *, seed: int, epoch: int, short_first: bool) -> list[BatchPlan]:
    """Return the batches of an epoch in order.

    Args:
        buckets: of `cut_buckets`.
        seed: of the run.
        epoch: from 0.
        short_first: go from short to long, instead of at random.
    """
    rng = np.random.default_rng((seed, epoch))
    plans = [plan for bucket in buckets for plan in _cut(bucket, rng.permutation(bucket.members))]
    return plans if short_first else [plans[i] for i in rng.permutation(len(plans))]


def plan_in_order(buckets: Sequence[Bucket]) -> list[BatchPlan]:
    """Return batches that hold every utterance once, from short to long: for evaluation."""
    return [plan for bucket in buckets for plan in _cut(bucket, bucket.members)]


def _cut(bucket: Bucket, members: np.ndarray) -> list[BatchPlan]:
    rows = np.full(bucket.num_batches * bucket.size, FILLER)
    rows[: len(members)] = members
    return [BatchPlan(bucket, part) for part in rows.reshape(-1, bucket.size)]


def make_batch(
    plan: BatchPlan,
    frames_of: Callable[[int], np.ndarray],
    labels_of: Callable[[int], Sequence[int]],
    num_features: int,
) -> Batch:
    """Return the arrays of a batch.

    Args:
        plan: which utterances.
        frames_of: frames [T, F] of the utterance with an index, at most the bucket's number.
        labels_of: its labels.
        num_features: F.
    """
    bucket, size = plan.bucket, len(plan.rows)
    frames = np.zeros((size, bucket.num_frames, num_features), np.float32)
    labels = np.zeros((size, bucket.num_labels), np.int32)
    lengths, label_lengths = np.zeros((2, size), np.int32)
    for row, index in enumerate(plan.rows):
        if index == FILLER:
            continue
        utterance_frames, utterance_labels = frames_of(int(index)), labels_of(int(index))
        lengths[row], label_lengths[row] = len(utterance_frames), len(utterance_labels)
        frames[row, : lengths[row]] = utterance_frames
        labels[row, : label_lengths[row]] = utterance_labels
    return Batch(plan.rows, frames, lengths, labels, label_lengths)
