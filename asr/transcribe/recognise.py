"""Log-probabilities of many recordings, in their order, a few minutes of audio at a time.

A recording that cannot be read is an error in its own place and costs the others nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from asr.config import Config
from asr.decoding.silences import silences
from asr.errors import AudioError, UtteranceError
from asr.features import Frames
from asr.tokens import Tokens

# About 5 minutes at 100 frames a second: enough for batches of like length (with three times as many, a thousand short
# files took as long), little to wait for, and little to lose when interrupted.
_FRAMES_AT_ONCE = 30_000

Failure: TypeAlias = AudioError | UtteranceError


class SpeechModel(Protocol):
    """What decoding needs of a model; `asr.trained_model.TrainedModel` is one."""

    @property
    def folder(self) -> Path:
        """Where the model comes from."""
        ...

    @property
    def config(self) -> Config:
        """Its configuration."""
        ...

    @property
    def tokens(self) -> Tokens:
        """Its labels."""
        ...

    def log_probs_of_frames(self, frames: Sequence[Frames]) -> Iterator[np.ndarray]:
        """Yield the log-probabilities [T', V] of each utterance's frames [T, F], in order."""
        ...


@dataclass(frozen=True, slots=True)
class Recording:
    """Something to transcribe.

    Attributes:
        id: what it is called.
        load: returns its frames, not normalised; may raise AudioError or UtteranceError.
    """

    id: str
    load: Callable[[], Frames]


class Recognised(NamedTuple):
    """What the model and the loudness say of a recording.

    Attributes:
        log_probs: [T', V] natural log.
        silences: [R, 2] start and end of each, in frames of the log-probabilities.
    """

    log_probs: np.ndarray
    silences: np.ndarray


def recognise(model: SpeechModel, recordings: Iterable[Recording]) -> Iterator[tuple[Recording, Recognised | Failure]]:
    """Yield each recording, in order, with its log-probabilities and silences or with what went wrong with it."""
    waiting: list[tuple[Recording, Frames | Failure]] = []
    num_frames = 0
    for recording in recordings:
        frames = _load(recording)
        waiting.append((recording, frames))
        num_frames += len(frames) if isinstance(frames, np.ndarray) else 0
        if num_frames >= _FRAMES_AT_ONCE:
            yield from _recognise_together(model, waiting)
            waiting, num_frames = [], 0
    yield from _recognise_together(model, waiting)


def _load(recording: Recording) -> Frames | Failure:
    try:
        return recording.load()
    except (AudioError, UtteranceError) as error:
        return error


def _recognise_together(
    model: SpeechModel, loaded: Sequence[tuple[Recording, Frames | Failure]]
) -> Iterator[tuple[Recording, Recognised | Failure]]:
    log_probs = model.log_probs_of_frames([frames for _, frames in loaded if isinstance(frames, np.ndarray)])
    for recording, frames in loaded:
        if isinstance(frames, np.ndarray):
            yield recording, Recognised(next(log_probs), silences(frames, model.config))
        else:
            yield recording, frames
