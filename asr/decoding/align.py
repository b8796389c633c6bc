"""Forced alignment: which frames of an utterance belong to which label of a text that is known.

The best path through CTC's topology (each label once or more, blanks between, a blank needed between repeats), found
by Viterbi. Where labels are separators (spaces between words), a path may also hold them before the first word, after
the last and several in a row, as the decoder sums such paths too. Seconds and words are `asr.decoding.word_times`'s.

Memory does not grow as frames times labels: scores are kept every so many frames, and between two such frames the way
back is found by going through them once more, over the few states that can lie on it. With T frames and U labels this
takes O((T U)^(2/3)) bytes, 70 MB for an hour of speech, and hardly more time than the first pass.

Source: Graves et al., "Connectionist Temporal Classification" (2006), section 4.1, with max for the sum; keeping some
of the scores and computing the others again is Griewank's checkpointing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr.errors import ShapeError, UtteranceError
from asr.tokens import BLANK, Tokens


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where each of U labels lies in T frames.

    Attributes:
        starts: [U] int64, first frame of each label.
        ends: [U] int64, the frame after its last; never above the next label's start.
        log_prob: natural logarithm of the path's probability.
        num_frames: T.
    """

    starts: np.ndarray
    ends: np.ndarray
    log_prob: float
    num_frames: int


def align(log_probs: np.ndarray, labels: Sequence[int], *, separators: Sequence[int] = ()) -> Alignment:
    """Return the most probable alignment of labels with frames.

    Args:
        log_probs: [T, V] natural log, class 0 is the blank; T may be 0.
        labels: U classes in 1..V-1, no two separators in a row, none at either end.
        separators: classes that stand between words; one is as good as another.

    Returns:
        The frames of each label; the others are blanks (or more separators).

    Raises:
        ShapeError: ``log_probs`` is not [T, V], or a label is not a class of it.
        UtteranceError: there are fewer frames than labels and the blanks between repeats, or every path is impossible.

    >>> with np.errstate(divide="ignore"):
    ...     log_probs = np.log([[1.0, 0.0], [0.2, 0.8], [0.1, 0.9], [1.0, 0.0]])
    >>> alignment = align(log_probs, [1])
    >>> alignment.starts.tolist(), alignment.ends.tolist(), round(float(np.exp(alignment.log_prob)), 2)
    ([1], [3], 0.72)
    """
    log_probs, targets = np.asarray(log_probs), np.asarray(labels, np.int64).reshape(-1)
    _check(log_probs, targets)
    if not len(log_probs):
        return Alignment(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0, 0)
    if len(separators):
        log_probs, targets = _with_one_separator(log_probs, targets, separators)
    classes, skips = _topology(targets, separators, log_probs.shape[1] - 1)
    from asr.decoding.align_kernel import best_path  # brings numba, which greedy search alone need not load

    path, log_prob = best_path(np.ascontiguousarray(log_probs, np.float32), classes, skips)
    if log_prob == -np.inf:
        raise UtteranceError(
            f"no path of {len(log_probs)} frames has these {len(targets)} labels: "
            f"look for log-probabilities of -inf, or for a text that is another's"
        )
    spoken = np.flatnonzero(path % 2)
    runs = np.searchsorted(path[spoken], 2 * np.arange(len(targets) + 1) + 1)
    return Alignment(spoken[runs[:-1]], spoken[runs[1:] - 1] + 1, log_prob, len(log_probs))


def align_greedily(log_probs: np.ndarray, labels: Sequence[int]) -> Alignment | None:
    """Return the alignment of labels that the most probable path of all spells; None where it spells others.

    No path of them can be better, so that nothing need be searched; words lie where `align` finds them.

    Args:
        log_probs: [T, V] natural log, class 0 is the blank; T may be 0.
        labels: U classes in 1..V-1.
    """
    path = np.asarray(log_probs).argmax(axis=1)
    edges = np.flatnonzero(np.diff(path, prepend=-1))
    ends = np.append(edges[1:], len(path))
    spoken = path[edges] != BLANK
    if not np.array_equal(path[edges][spoken], labels):
        return None
    log_prob = float(np.asarray(log_probs).max(axis=1).sum(dtype=np.float64)) if len(path) else 0.0
    return Alignment(edges[spoken], ends[spoken], log_prob, len(path))


def separators(tokens: Tokens) -> list[int]:
    """Return the classes of a model that stand between words and belong to none: spaces of any kind."""
    return [index for index, label in enumerate(tokens.labels) if label.isspace()]


def _check(log_probs: np.ndarray, targets: np.ndarray) -> None:
    if log_probs.ndim != 2:
        raise ShapeError(f"log-probabilities have shape {list(log_probs.shape)}: give one utterance's [T, V]")
    if len(targets) and not (targets.min() > BLANK and targets.max() < log_probs.shape[1]):
        raise ShapeError(
            f"labels from {targets.min()} to {targets.max()}, classes besides the blank from 1 to "
            f"{log_probs.shape[1] - 1}: give labels of the tokens of the model that made the log-probabilities"
        )
    repeats = int((targets[1:] == targets[:-1]).sum())
    if len(targets) + repeats > len(log_probs):
        raise UtteranceError(
            f"{len(log_probs)} frames for {len(targets)} labels, {repeats} of them repeats; CTC needs a frame for each "
            f"label and a blank between repeats: is the text another utterance's?"
        )


def _with_one_separator(
    log_probs: np.ndarray, targets: np.ndarray, separators: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities [T, V + 1] and targets in which all separators are the first of them.

    The class added is the better of blank and separator in each frame: what stands around words.
    """
    first = separators[0]
    emissions = np.empty((len(log_probs), log_probs.shape[1] + 1), np.float32)
    emissions[:, :-1] = log_probs
    emissions[:, first] = log_probs[:, list(separators)].max(axis=1)
    emissions[:, -1] = np.maximum(emissions[:, first], emissions[:, BLANK])
    return emissions, np.where(np.isin(targets, separators), first, targets)


def _topology(targets: np.ndarray, separators: Sequence[int], around: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each of CTC's S = 2 U + 1 states and whether it may follow the state two before it.

    Even states are blanks, odd ones labels. With separators, blanks beside one and at the ends are of class ``around``.
    """
    classes = np.full(2 * len(targets) + 1, BLANK, np.int64)
    classes[1::2] = targets
    if len(separators):
        beside = np.isin(targets, separators)
        classes[0::2][np.append(beside, True) | np.append(True, beside)] = around
    skips = np.zeros(len(classes), np.bool_)
    skips[3::2] = targets[1:] != targets[:-1]
    return classes, skips
