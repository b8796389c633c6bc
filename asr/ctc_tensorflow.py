"""CTC's kernels under TensorFlow; `asr.ctc` says what they compute and takes care of what they cannot."""

import tensorflow as tf

from asr.layers.tensor import Tensor

_CUDNN_LABELS = 256  # the longest label sequence that cuDNN's kernel takes


def kernel(logits: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> Tensor:
    """Return the loss [B] of rows that can be aligned.

    TensorFlow's form for sparse labels is an order of magnitude faster on the CPU than the dense one. Beside a GPU the
    same call runs as cuDNN's kernel there; what is beyond cuDNN stays on the CPU.

    Args:
        logits: [B, T, V] float32, T and B static.
        lengths: [B] int32, from 1.
        labels: [B, U] int32, U static.
        label_lengths: [B] int32, from 1.
    """
    true = tf.sequence_mask(label_lengths, labels.shape[1])
    shape = tf.constant(labels.shape.as_list(), tf.int64)
    sparse = tf.SparseTensor(tf.where(true), tf.boolean_mask(labels, true), shape)
    with tf.device(_device(labels.shape[1])):
        return tf.nn.ctc_loss(
            labels=sparse,
            logits=tf.transpose(logits, (1, 0, 2)),
            label_length=None,
            logit_length=lengths,
            blank_index=0,
        )


def _device(num_labels: int) -> str | None:
    """Return where the kernel must run; None: where TensorFlow thinks best."""
    return None if num_labels <= _CUDNN_LABELS and tf.config.list_logical_devices("GPU") else "CPU:0"
