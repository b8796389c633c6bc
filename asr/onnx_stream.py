"""A model of one direction that is given an utterance in portions: the logits are those of the whole.

What recurrent layers carry from one frame to the next goes on from portion to portion. The convolutions before them see
a few frames on either side, no more: these frames are given again with the next portion, and what is computed of them
is left out before the recurrent layers (``kept``). The look-ahead convolution after them is given its last inputs again
(``look_ahead``), whose logits it could not know before. So nothing is approximate, and hardly anything is done twice.
"""

from typing import TypeGuard

import numpy as np

from asr.errors import RunError
from asr.layers.lengths import front_end_context, strided_length
from asr.onnx_model import INT8, KEPT, OnnxModel


def can_stream(model: object) -> TypeGuard[OnnxModel]:
    """Whether a model takes utterances in portions: one direction, no attention, exported with what that needs.

    Normalisation over the utterance cannot be known before its end, nor the range of values that integers stand for.
    """
    return (
        isinstance(model, OnnxModel)
        and model.config.features.normalisation != "utterance"
        and INT8 not in model.metadata
        and KEPT in model.initial_states(1)
    )


class OnnxStream:
    """One utterance on its way through a model.

    stream = OnnxStream(model)
    for frames in portions:
        logits = stream.feed(frames)
    logits = stream.end()
    """

    def __init__(self, model: OnnxModel) -> None:
        """Start an utterance.

        Raises:
            RunError: the model cannot do this.
        """
        if not can_stream(model):
            raise RunError(f"{model.path}: takes whole utterances only: export a model of one direction again")
        config = model.config.model
        self._model, self._states = model, model.initial_states(1)
        self._group = int(np.prod([1, *config.pyramid]))
        self._stride = config.time_stride // self._group  # of the front end
        before, self._after = front_end_context(config)
        self._context = strided_length(before, self._stride)
        self._look_ahead = config.look_ahead
        # From a frame on at which the front end has an output, and how many of its outputs were kept before.
        self._frames = np.zeros((0, model.config.features.num_features), np.float32)
        self._num_kept = 0

    def feed(self, frames: np.ndarray) -> np.ndarray:
        """Take normalised frames [t, F] and return the logits [t', V] that are certain by now; t' may be 0."""
        self._frames = np.concatenate([self._frames, frames])
        # One frame at least is kept back for the end.
        last = min(len(self._frames) - 1 - self._after, len(self._frames) - 1 - self._stride)
        count = (last // self._stride + 1 - self._num_kept) // self._group * self._group
        return self._computed(self._num_kept + count) if count > 0 else self._none()

    def end(self) -> np.ndarray:
        """Return the logits that are left."""
        return self._computed(strided_length(len(self._frames), self._stride), is_end=True)

    def _none(self) -> np.ndarray:
        return np.zeros((0, len(self._model.tokens)), np.float32)

    def _computed(self, stop: int, *, is_end: bool = False) -> np.ndarray:
        """Go on to output ``stop`` of the front end, counted from the first of the frames."""
        if stop <= self._num_kept:
            return self._none()
        lengths = np.array([len(self._frames)], np.int32)
        given = {**self._states, KEPT: np.array([self._num_kept, stop])}
        (logits,), *states = self._model.run(self._frames[None], lengths, given, None)
        self._states = dict(zip(self._model.next_states, states, strict=True))
        first = max(0, stop - self._context)
        self._frames, self._num_kept = self._frames[first * self._stride :], stop - first
        return logits if is_end else logits[: max(0, len(logits) - self._look_ahead)]
