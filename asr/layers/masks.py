"""Which frames of a padded batch are true: lengths are arguments, never guessed from zeros."""

import tensorflow as tf

from asr.layers.tensor import Tensor


def frame_mask(lengths: Tensor, num_frames: int) -> Tensor:
    """Return [B, T] float32: 1 before each utterance's length, 0 from there on.

    Args:
        lengths: [B] integers.
        num_frames: T.
    """
    return tf.sequence_mask(lengths, num_frames, dtype=tf.float32)


def zero_padding(x: Tensor, lengths: Tensor) -> Tensor:
    """Return [B, T, ...] with zeros from each utterance's length on, whatever stood there, NaN included."""
    mask = tf.sequence_mask(lengths, x.shape[1])
    return tf.where(tf.reshape(mask, (*x.shape[:2], *[1] * (x.shape.rank - 2))), x, tf.zeros_like(x))
