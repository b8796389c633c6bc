"""What every trained model can do, whatever computes it: recordings and frames in, log-probabilities out.

Batches of like length are made here; `asr.run.Run` computes them with Keras, `asr.onnx_model.OnnxModel` without.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from asr.audio import Waveform, resample
from asr.config import Config
from asr.features import FeatureStatistics, Frames, FrontEnd, hop_size, normalise
from asr.layers.lengths import output_lengths
from asr.tokens import Tokens


@dataclass(frozen=True)
class BatchLimits:
    """How utterances are put together.

    Attributes:
        utterances: most in a batch.
        frames: most in a batch, padding included, unless a single utterance has more.
        padded_length: the length that an utterance of so many frames is padded to, at least; only utterances that are
            padded to the same length go together. None: utterances are padded to the longest of their batch.
        rows: how many rows a batch of so many utterances has.
    """

    utterances: int = 32
    frames: int = 16_000
    padded_length: Callable[[int], int] | None = None
    rows: Callable[[int], int] = lambda num_utterances: num_utterances


@dataclass(frozen=True)
class TrainedModel(ABC):
    """A trained model with all that belongs to it.

    Attributes:
        folder: the run folder that it was read from.
        config: resolved, every default written out.
        tokens: its labels.
        front_end: makes and normalises frames.
    """

    folder: Path
    config: Config
    tokens: Tokens
    front_end: FrontEnd

    @property
    def batch_limits(self) -> BatchLimits:
        """How many utterances are computed together."""
        return BatchLimits()

    @cached_property
    def seconds_per_frame(self) -> float:
        """Time from one output frame to the next."""
        return seconds_between_frames(self.config)

    def frames(self, waveform: Waveform) -> Frames:
        """Return the frames [T, F], not normalised, of a waveform [N] at the model's own rate.

        Raises:
            UtteranceError: the recording is shorter than a frame.
        """
        return self.front_end.frames(waveform)

    def log_probs(self, waveform: Waveform, sample_rate_hz: int) -> np.ndarray:
        """Return the log-probabilities [T', V] of one recording.

        Args:
            waveform: [N] samples in -1..1, one channel.
            sample_rate_hz: of the waveform; it is resampled to the model's.

        Raises:
            UtteranceError: the recording is shorter than a frame.
        """
        waveform = resample(waveform, sample_rate_hz, self.config.features.sample_rate_hz)
        return next(self.log_probs_of_frames([self.frames(waveform)]))

    def log_probs_of_frames(
        self, frames: Sequence[Frames], statistics: Sequence[FeatureStatistics] | None = None
    ) -> Iterator[np.ndarray]:
        """Yield the log-probabilities [T', V] of each utterance's frames, in order.

        Args:
            frames: [T, F] each, not normalised, as `frames` makes them and shards hold them.
            statistics: for each, what takes the place of its own where features are normalised by the utterance.
        """
        yield from map(log_softmax, self.logits_of_frames(frames, statistics))

    def logits_of_frames(
        self, frames: Sequence[Frames], statistics: Sequence[FeatureStatistics] | None = None
    ) -> list[np.ndarray]:
        """Return the logits [T', V] of each utterance's frames, in order; arguments as `log_probs_of_frames`."""
        given = statistics or [None] * len(frames)
        results: dict[int, np.ndarray] = {}
        for members, length in batches([len(f) for f in frames], self.batch_limits):
            normalised = [normalise(frames[i], self.front_end, given[i]) for i in members]
            results |= zip(members, self._batch_logits(normalised, length), strict=True)
        return [results[index] for index in range(len(frames))]

    @abstractmethod
    def compute(self, frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the logits [B, T', V] of normalised frames [B, T, F] with lengths [B] int32, zeros past a length."""

    def _batch_logits(self, frames: Sequence[Frames], length: int) -> list[np.ndarray]:
        rows = self.batch_limits.rows(len(frames))
        padded = np.zeros((rows, length, self.config.features.num_features), np.float32)
        lengths = np.zeros(rows, np.int32)  # rows without an utterance stay empty
        for row, utterance in enumerate(frames):
            padded[row, : len(utterance)] = utterance
            lengths[row] = len(utterance)
        logits = self.compute(padded, lengths)
        ends = output_lengths(self.config.model, lengths)
        return [logits[row, : ends[row]] for row in range(len(frames))]


def seconds_between_frames(config: Config) -> float:
    """Return the time from one output frame of a model to the next."""
    return hop_size(config.features) / config.features.sample_rate_hz * config.model.time_stride


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return natural log-probabilities over the last axis, float32."""
    shifted = logits - logits.max(axis=-1, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def batches(num_frames: Sequence[int], limits: BatchLimits) -> Iterator[tuple[list[int], int]]:
    """Yield indices of utterances that go together, short ones first, and the length that they are padded to."""
    waiting: list[int] = []
    longest = 0
    for index in sorted(range(len(num_frames)), key=lambda i: num_frames[i]):
        length = limits.padded_length(num_frames[index]) if limits.padded_length else num_frames[index]
        fitting = max(1, min(limits.utterances, limits.frames // max(1, length)))
        if waiting and (len(waiting) >= fitting or (limits.padded_length and length != longest)):
            yield waiting, longest
            waiting = []
        waiting.append(index)
        longest = length
    if waiting:
        yield waiting, longest
