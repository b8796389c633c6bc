"""Neighbouring frames side by side as one: fewer frames for what follows, with nothing lost; and the way back."""

from asr.layers.lengths import strided_length
from asr.layers.masks import zero_padding
from asr.layers.tensor import Tensor, ops


def stack_frames(x: Tensor, lengths: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Return every ``factor`` frames as one, and the lengths after that.

    The last frame of an utterance whose length is no multiple of ``factor`` is filled with zeros. Sources: as input,
    Sak et al., "Fast and Accurate Recurrent Neural Network Acoustic Models for Speech Recognition", Interspeech 2015;
    between layers, the pyramid of Chan et al., "Listen, Attend and Spell", ICASSP 2016.

    Args:
        x: [B, T, F].
        lengths: [B] true frames.
        factor: at least 1; 1 changes nothing.

    Returns:
        [B, ceil(T / factor), factor * F] and [B].
    """
    if factor == 1:
        return x, lengths
    size, frames, features = x.shape
    after = strided_length(frames, factor)
    x = ops.pad(zero_padding(x, lengths), [[0, 0], [0, after * factor - frames], [0, 0]])
    return ops.reshape(x, (size, after, factor * features)), strided_length(lengths, factor)


def unstack_frames(x: Tensor, factor: int, num_frames: int) -> Tensor:
    """Return each frame as ``factor`` frames, and of all these the first ``num_frames``.

    A recurrent network that runs on few frames gives several outputs for each. Source: Vanhoucke et al., "Multiframe
    Deep Neural Networks for Acoustic Modeling", ICASSP 2013.

    Args:
        x: [B, T, factor * F].
        factor: at least 1; 1 changes nothing.
        num_frames: at most ``T * factor``.

    Returns:
        [B, num_frames, F].
    """
    if factor == 1:
        return x
    size, frames, features = x.shape
    return ops.reshape(x, (size, frames * factor, features // factor))[:, :num_frames]
