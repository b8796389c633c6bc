"""CTC prefix beam search over one utterance: log-probabilities in, scored label sequences out.

A prefix is kept in the form that its words have: it neither starts with a separator nor holds two in a row. So paths
that differ only in such spaces share one prefix and are summed, as are all alignments of a prefix; what ends in a
separator is joined with what does not once the utterance has ended. There is no language model yet. Everything is in
natural logarithms and float64. Arguments are checked by `asr.decoding.decode`.

Source: Graves, "Sequence Transduction with Recurrent Neural Networks" (2012), section 2.5, and Hannun et al., "First-
Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs" (arXiv:1408.2873), algorithm 1;
we differ in having no word model and in treating spaces as above.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from asr.tokens import BLANK

_ROOT = 0


@dataclass
class _Tree:
    """Prefixes as nodes of a tree, so that a prefix is a number and equal prefixes are equal numbers."""

    labels: list[int]
    parents: list[int] = field(default_factory=lambda: [_ROOT])
    children: dict[tuple[int, int], int] = field(default_factory=dict)

    def child(self, node: int, label: int) -> int:
        """Return the node of a prefix with one more label."""
        key = (node, label)
        if key not in self.children:
            self.children[key] = len(self.parents)
            self.parents.append(node)
            self.labels.append(label)
        return self.children[key]

    def prefix(self, node: int) -> tuple[int, ...]:
        """Return the labels from the root to a node."""
        labels = []
        while node != _ROOT:
            labels.append(self.labels[node])
            node = self.parents[node]
        return tuple(reversed(labels))


@dataclass(frozen=True)
class _Beam:
    """Prefixes kept after a frame; K of them.

    Attributes:
        nodes: their nodes in the tree.
        ends_blank: [K] log-probability of all paths that spell the prefix and end in a blank.
        ends_label: [K] likewise of those that end in the prefix's last label.
    """

    nodes: list[int]
    ends_blank: np.ndarray
    ends_label: np.ndarray


def beam_search(
    log_probs: np.ndarray, *, beam_size: int, separators: Sequence[int] = ()
) -> list[tuple[tuple[int, ...], float]]:
    """Return the most probable label sequences of one utterance, best first.

    Args:
        log_probs: [T, V] natural log, each row sums to one in probability, class 0 is the blank; T may be 0.
        beam_size: prefixes kept after each frame, at least 1.
        separators: classes that stand between words; sequences that differ only in how many of them stand there, or
            in which, are one; it is spelled with the first of them.

    Returns:
        At most ``beam_size`` sequences, no two alike, with the log of their summed probability; none is impossible.
    """
    log_probs, separator = _with_one_separator(np.asarray(log_probs, np.float64), separators)
    tree = _Tree(labels=[separator])  # as if a separator stood before the utterance: another is no news
    beam = _Beam([_ROOT], np.zeros(1), np.full(1, -np.inf))
    for frame in log_probs:
        beam = _advance(beam, frame, tree, beam_size, separator)
    totals: dict[tuple[int, ...], float] = {}
    for node, total in zip(beam.nodes, np.logaddexp(beam.ends_blank, beam.ends_label), strict=True):
        labels = tree.prefix(tree.parents[node] if tree.labels[node] == separator else node)
        totals[labels] = float(np.logaddexp(totals.get(labels, -np.inf), total))
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _with_one_separator(log_probs: np.ndarray, separators: Sequence[int]) -> tuple[np.ndarray, int]:
    """Return log-probabilities of which the first separator has those of all, and that separator.

    Where there is none, a class of probability zero is added for it, so that the search needs no second case.
    """
    if not separators:
        impossible = np.full((len(log_probs), 1), -np.inf)
        return np.concatenate([log_probs, impossible], axis=1), log_probs.shape[1]
    merged = log_probs.copy()
    merged[:, list(separators)] = -np.inf
    merged[:, separators[0]] = np.logaddexp.reduce(log_probs[:, list(separators)], axis=1)
    return merged, separators[0]


def _advance(beam: _Beam, frame: np.ndarray, tree: _Tree, beam_size: int, separator: int) -> _Beam:
    """Return the best prefixes after one more frame [V]."""
    rows = np.arange(len(beam.nodes))
    last = np.array([tree.labels[node] for node in beam.nodes])
    before = np.logaddexp(beam.ends_blank, beam.ends_label)

    ends_blank = before + frame[BLANK]
    # The last label once more is the same label, unless a blank stands between; a separator is the same in any case.
    ends_label = np.where(last == separator, before, beam.ends_label) + frame[last]
    longer = before[:, None] + frame  # [K, V], each prefix with each label after it
    longer[rows, last] = np.where(last == separator, -np.inf, beam.ends_blank + frame[last])
    longer[:, BLANK] = -np.inf
    _move_to_kept_prefixes(longer, ends_label, beam.nodes, tree)

    totals = np.concatenate([np.logaddexp(ends_blank, ends_label), longer.ravel()])
    best = np.argsort(-totals, kind="stable")[:beam_size]
    best = best[totals[best] > -np.inf]
    kept = best[best < len(rows)]
    parents, labels = np.divmod(best[best >= len(rows)] - len(rows), len(frame))
    return _Beam(
        [beam.nodes[row] for row in kept]
        + [tree.child(beam.nodes[row], int(label)) for row, label in zip(parents, labels, strict=True)],
        np.concatenate([ends_blank[kept], np.full(len(parents), -np.inf)]),
        np.concatenate([ends_label[kept], longer[parents, labels]]),
    )


def _move_to_kept_prefixes(longer: np.ndarray, ends_label: np.ndarray, nodes: list[int], tree: _Tree) -> None:
    """Where a longer prefix is itself in the beam, add its probability there and take it from ``longer``."""
    row_of = {node: row for row, node in enumerate(nodes)}
    for row, node in enumerate(nodes):
        parent = row_of.get(tree.parents[node])
        if node != _ROOT and parent is not None:
            label = tree.labels[node]
            ends_label[row] = np.logaddexp(ends_label[row], longer[parent, label])
            longer[parent, label] = -np.inf
