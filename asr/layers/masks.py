"""Which frames of a padded batch are true: lengths are arguments, never guessed from zeros."""

from asr.layers.tensor import Tensor, ops


def true_frames(lengths: Tensor, num_frames: int) -> Tensor:
    """Return [B, T] booleans: True before each utterance's length.

    Args:
        lengths: [B] integers.
        num_frames: T.
    """
    return ops.arange(num_frames, dtype="int32") < ops.cast(lengths, "int32")[:, None]


def frame_mask(lengths: Tensor, num_frames: int) -> Tensor:
    """Return [B, T] float32: 1 before each utterance's length, 0 from there on; see `true_frames`."""
    return ops.cast(true_frames(lengths, num_frames), "float32")


def zero_padding(x: Tensor, lengths: Tensor) -> Tensor:
    """Return [B, T, ...] with zeros from each utterance's length on, whatever stood there, NaN included."""
    return ops.where(_beside(true_frames(lengths, ops.shape(x)[1]), x), x, ops.zeros_like(x))


def masked_like(x: Tensor, lengths: Tensor) -> Tensor:
    """Return `frame_mask` with an axis of one for each axis of ``x`` [B, T, ...] after time."""
    return _beside(frame_mask(lengths, ops.shape(x)[1]), x)


def _beside(mask: Tensor, x: Tensor) -> Tensor:
    return ops.reshape(mask, (*ops.shape(x)[:2], *[1] * (len(x.shape) - 2)))
