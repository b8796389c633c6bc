"""The CTC loss of a batch with true lengths, and which utterances CTC can align at all.

Source: Graves et al., "Connectionist Temporal Classification", ICML 2006. Blank is class 0, here and everywhere.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Tensor = Any  # TensorFlow ships no types


def frames_needed(labels: Sequence[int] | np.ndarray) -> int:
    """Return the fewest output frames that CTC can align ``labels`` to: one each, and a blank between repeats.

    >>> frames_needed([3, 3, 1])
    4
    """
    labels = np.asarray(labels)
    return len(labels) + int(np.count_nonzero(labels[1:] == labels[:-1]))


def ctc_loss(logits: "Tensor", lengths: "Tensor", labels: "Tensor", label_lengths: "Tensor") -> "Tensor":
    """Return the negative log-probability of each utterance's labels, summed over all alignments.

    Args:
        logits: [B, T, V], before the softmax, of any float type; computed in float32.
        lengths: [B] true frames, 0 <= length <= T.
        labels: [B, U] integers from 1, U at least 1; what stands from ``label_lengths`` on is ignored.
        label_lengths: [B].

    Returns:
        [B] float32. Where CTC cannot align (see `frames_needed`) the loss is 0 and its gradient exactly 0: such
        utterances are found and named before training (`asr.training.data`). The gradient is 0 past a length.
    """
    import tensorflow as tf

    logits = tf.cast(logits, tf.float32)
    lengths, labels, label_lengths = (tf.cast(value, tf.int32) for value in (lengths, labels, label_lengths))
    true_label = tf.sequence_mask(label_lengths, labels.shape[1])
    repeats = tf.reduce_sum(tf.cast((labels[:, 1:] == labels[:, :-1]) & true_label[:, 1:], tf.int32), axis=1)
    silent = (label_lengths == 0) & (lengths > 0)
    possible = (label_lengths + repeats <= lengths) & (label_lengths > 0)

    # The kernel takes no empty label sequence: rows without one, or that it could not align, get one label, and their
    # result is thrown away. Its form for sparse labels is an order of magnitude faster on the CPU than the dense one.
    true_label &= possible[:, None]
    true_label |= ~possible[:, None] & (tf.range(labels.shape[1]) == 0)
    labels = tf.where(possible[:, None], labels, tf.ones_like(labels))
    shape = tf.constant(labels.shape.as_list(), tf.int64)
    # On the CPU beside a GPU, too: there TensorFlow may take cuDNN's kernel, which ends at 256 labels.
    with tf.device("CPU:0"):
        loss = tf.nn.ctc_loss(
            labels=tf.SparseTensor(tf.where(true_label), tf.boolean_mask(labels, true_label), shape),
            logits=tf.transpose(logits, (1, 0, 2)),
            label_length=None,
            logit_length=tf.maximum(lengths, 1),
            blank_index=0,
        )
    blanks = tf.nn.log_softmax(logits)[:, :, 0] * tf.sequence_mask(lengths, logits.shape[1], dtype=tf.float32)
    return tf.where(possible, loss, tf.where(silent, -tf.reduce_sum(blanks, axis=1), tf.zeros_like(loss)))
