"""How many frames come out of how many, in plain integers or arrays of them; no framework is needed to know."""

from typing import Any

from asr.config import ModelConfig


def strided_length(length: Any, stride: int) -> Any:
    """Return how many frames come out of ``length`` frames; works on integers and integer arrays.

    >>> [strided_length(length, 3) for length in range(5)]
    [0, 1, 1, 1, 2]
    """
    return -(-length // stride)


def output_lengths(config: ModelConfig, lengths: Any) -> Any:
    """Return how many output frames a model of ``config`` makes of ``lengths`` input frames."""
    # Every subsampling keeps frames 0, stride, 2 * stride, ...: one after the other they are one of the product.
    return strided_length(lengths, config.time_stride)


def front_end_context(config: ModelConfig) -> tuple[int, int]:
    """Return how many input frames before its first and after it a frame sees that the recurrent layers are given."""
    before, after = 0, config.stack_frames - 1
    for conv in reversed(config.conv):
        before = before * conv.stride[0] + conv.kernel[0] // 2
        after = after * conv.stride[0] + conv.kernel[0] // 2
    return before, after
