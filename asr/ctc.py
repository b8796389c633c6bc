"""The CTC loss of a batch with true lengths, and which utterances CTC can align at all.

One function for every backend and device; `ctc_loss` chooses the kernel. Source: Graves et al., "Connectionist Temporal
Classification", ICML 2006. Blank is class 0, here and everywhere.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from asr.errors import UtteranceError

if TYPE_CHECKING:
    from asr.layers.tensor import Tensor


def frames_needed(labels: Sequence[int] | np.ndarray) -> int:
    """Return the fewest output frames that CTC can align ``labels`` to: one each, and a blank between repeats.

    >>> frames_needed([3, 3, 1])
    4
    """
    labels = np.asarray(labels)
    return len(labels) + int(np.count_nonzero(labels[1:] == labels[:-1]))


def require_alignable(labels: Sequence[int] | np.ndarray, num_frames: int) -> None:
    """Check that CTC can align an utterance.

    Args:
        labels: of the utterance, without blanks.
        num_frames: output frames that the model makes of it.

    Raises:
        UtteranceError: there are too few frames.
    """
    needed = frames_needed(labels)
    if needed > num_frames:
        raise UtteranceError(
            f"{len(labels)} labels, {needed - len(labels)} of them repeats, need {needed} frames and the model makes "
            f"{num_frames}: lower model.conv's strides, model.stack_frames or model.pyramid, or leave it out"
        )


def ctc_loss(logits: "Tensor", lengths: "Tensor", labels: "Tensor", label_lengths: "Tensor") -> "Tensor":
    """Return the negative log-probability of each utterance's labels, summed over all alignments.

    Kernels: under TensorFlow the one for sparse labels on the CPU, and cuDNN's beside a GPU while there are at most 256
    labels, its limit (written from its documentation; no GPU was there to test it); under JAX our own, on any device.

    Args:
        logits: [B, T, V], before the softmax, of any float type; computed in float32.
        lengths: [B] true frames, 0 <= length <= T.
        labels: [B, U] integers from 1, U at least 1; what stands from ``label_lengths`` on is ignored.
        label_lengths: [B].

    Returns:
        [B] float32. Where CTC cannot align (see `frames_needed`) the loss is 0 and its gradient exactly 0: such
        utterances are found, named, counted and left out before training (`asr.training.data`); `require_alignable`
        makes an error of one. The gradient is 0 past a length.
    """
    import keras

    from asr.layers.masks import frame_mask, true_frames
    from asr.layers.tensor import ops

    if keras.backend.backend() == "jax":
        from asr.ctc_jax import kernel
    else:
        from asr.ctc_tensorflow import kernel
    logits = ops.cast(logits, "float32")
    lengths, labels, label_lengths = (ops.cast(value, "int32") for value in (lengths, labels, label_lengths))
    repeats = (labels[:, 1:] == labels[:, :-1]) & true_frames(label_lengths, labels.shape[1])[:, 1:]
    silent = (label_lengths == 0) & (lengths > 0)
    possible = (label_lengths + ops.sum(ops.cast(repeats, "int32"), axis=1) <= lengths) & (label_lengths > 0)

    # A row without labels, or that could not be aligned, gets one label, and its result is thrown away.
    first = ops.arange(labels.shape[1], dtype="int32") == 0
    labels = ops.where(possible[:, None], labels, ops.cast(first, "int32"))
    loss = kernel(logits, ops.maximum(lengths, 1), labels, ops.where(possible, label_lengths, 1))
    # The blanks of an utterance without labels are all there is to sum.
    blanks = ops.log_softmax(logits)[:, :, 0] * frame_mask(lengths, logits.shape[1])
    return ops.where(possible, loss, ops.where(silent, -ops.sum(blanks, axis=1), 0.0))
