"""Where a frame stands, for self-attention, which alone would take an utterance for a set of frames.

Both encodings turn pairs of values by angles that grow with the frame, from a quick pair to a slow one:

    angle[t, k] = t / 10000 ** (k / K)        k = 0 .. K - 1

Sinusoidal: sines and cosines of the angles are added to the input once. Vaswani et al., "Attention Is All You Need",
NeurIPS 2017, section 3.5; sines stand in the first half of the values and cosines in the second. Rotary: queries and
keys are turned by the angles, so that their product depends on how far two frames are apart and not on where they are.
Su et al., "RoFormer", arXiv:2104.09864; value k is turned with value k + K. Neither has weights or a longest utterance.
"""

from asr.layers.tensor import Tensor, ops

SLOWEST = 10_000.0  # frames that the slowest pair takes for one radian, nearly


def sinusoids(num_frames: int, features: int) -> Tensor:
    """Return [T, F] float32 to be added to frames; F is even."""
    angles = _angles(num_frames, features // 2)
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def rotated(x: Tensor) -> Tensor:
    """Return queries or keys [..., T, F], each frame turned by its place; F is even."""
    angles = _angles(x.shape[-2], x.shape[-1] // 2)
    sine, cosine = ops.cast(ops.sin(angles), x.dtype), ops.cast(ops.cos(angles), x.dtype)
    first, second = ops.split(x, 2, axis=-1)
    return ops.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


def _angles(num_frames: int, pairs: int) -> Tensor:
    """Return [T, K] float32: in half precision, frames beyond some hundred would share an angle."""
    steps = ops.arange(pairs, dtype="float32") / pairs
    return ops.arange(num_frames, dtype="float32")[:, None] * ops.power(SLOWEST, -steps)
