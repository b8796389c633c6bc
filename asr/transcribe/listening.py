"""Sound without end in, log-probabilities out, by the model and by the way that suits it.

A model of one direction carries its state on, and says of the portions what it says of the whole. A model that needs
the future hears overlapping windows.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from asr.audio import Waveform
from asr.decoding.silences import silences
from asr.features import FeatureStatistics, Frames, FrontEnd, normalise
from asr.frame_stream import FrameStream
from asr.onnx_model import OnnxModel
from asr.onnx_stream import OnnxStream, can_stream
from asr.trained_model import log_softmax
from asr.transcribe.recognise import SpeechModel
from asr.transcribe.windows import Window, Windows, WindowSizes, window_statistics

_LOUDNESS_S = 10.0  # before a portion, from which it is told what is silent


class WindowModel(SpeechModel, Protocol):
    """What transcribing needs of a model, files and streams; `asr.trained_model.TrainedModel` is one."""

    @property
    def front_end(self) -> FrontEnd:
        """Makes and normalises frames."""
        ...

    def frames(self, waveform: Waveform) -> Frames:
        """Return the frames [T, F], not normalised, of a waveform [N] at the model's own rate."""
        ...

    def log_probs_of_frames(
        self, frames: Sequence[Frames], statistics: Sequence[FeatureStatistics] | None = None
    ) -> Iterator[np.ndarray]:
        """Yield the log-probabilities [T', V] of frames [T, F]; ``statistics`` normalise them where they are given."""
        ...


class Heard(NamedTuple):
    """A portion of a recording.

    Attributes:
        log_probs: [T', V] natural log; T' may be 0.
        silences: [R, 2] start and end of each by loudness, in frames of the output from the recording's first.
    """

    log_probs: np.ndarray
    silences: np.ndarray


class Listener(Protocol):
    """One recording being heard."""

    def feed(self, waveform: Waveform) -> Iterator[Heard]:
        """Take samples [n] at the model's rate and yield what is known by now."""
        ...

    def end(self) -> Iterator[Heard]:
        """Yield what is left.

        Raises:
            UtteranceError: the recording is shorter than a frame.
        """
        ...


def listener(model: WindowModel, sizes: WindowSizes) -> Listener:
    """Return what hears one recording; ``sizes`` are of windows, where the model needs them."""
    return _Carrying(model) if can_stream(model) else _InWindows(model, sizes)


class _InWindows:
    """A recording heard in windows."""

    def __init__(self, model: WindowModel, sizes: WindowSizes) -> None:
        self._model = model
        self._stream, self._windows = FrameStream(model.front_end), Windows(sizes, model.config)
        self._num_heard = 0  # frames of the output

    def feed(self, waveform: Waveform) -> Iterator[Heard]:
        yield from map(self._heard, self._windows.feed(self._stream.feed(waveform)))

    def end(self) -> Iterator[Heard]:
        yield from map(self._heard, self._windows.feed(self._stream.end()))
        yield from map(self._heard, self._windows.end())

    def _heard(self, window: Window) -> Heard:
        config = self._model.config
        if config.features.normalisation == "utterance":
            frames, statistics = window_statistics(window.frames, config.features)
            (log_probs,) = self._model.log_probs_of_frames([frames], [statistics])
        else:
            (log_probs,) = self._model.log_probs_of_frames([window.frames])
        first, count = window.first // config.model.time_stride, -(-window.count // config.model.time_stride)
        silent = _within(silences(window.frames, config) - first, 0, count) + self._num_heard
        self._num_heard += count
        return Heard(log_probs[first : first + count], silent)


class _Carrying:
    """A recording heard by a model that carries its state on."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._stream, self._network = FrameStream(model.front_end), OnnxStream(model)
        self._recent = np.zeros((0, model.config.features.num_features), np.float32)
        self._num_frames = self._num_silent = 0  # of the features; of the output, those whose silences are known

    def feed(self, waveform: Waveform) -> Iterator[Heard]:
        frames = self._stream.feed(waveform)
        yield self._heard(frames, self._network.feed(normalise(frames, self._model.front_end)))

    def end(self) -> Iterator[Heard]:
        frames = self._stream.end()
        logits = self._network.feed(normalise(frames, self._model.front_end))
        yield self._heard(frames, np.concatenate([logits, self._network.end()]))

    def _heard(self, frames: Frames, logits: np.ndarray) -> Heard:
        """Return log-probabilities, and the silences of the new frames as they are told by those before them."""
        config = self._model.config
        self._num_frames += len(frames)
        self._recent = np.concatenate([self._recent, frames])[-round(_LOUDNESS_S / config.features.hop_s) :]
        stride = config.model.time_stride
        first = (self._num_frames - len(self._recent)) / stride
        known = self._num_frames // stride
        silent = _within(silences(self._recent, config) + first, self._num_silent, known)
        self._num_silent = known
        return Heard(log_softmax(logits), silent)


def _within(spans: np.ndarray, start: float, stop: float) -> np.ndarray:
    """Return what of spans [R, 2] lies between two frames."""
    inside = spans[(spans[:, 1] > start) & (spans[:, 0] < stop)]
    return np.clip(inside, start, stop)
