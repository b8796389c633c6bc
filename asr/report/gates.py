"""What the gates of a trained model do over an utterance whose words are known: the values that a page draws."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asr.decoding.hypothesis import Word
from asr.errors import ConfigError
from asr.features import Frames, compute_features, normalise
from asr.layers.watch import watch
from asr.manifest import Utterance
from asr.prepare.blocks import read_utterance
from asr.run import Run
from asr.transcribe.alignment import AlignedUtterance, align_utterances
from asr.transcribe.recognise import Failure


@dataclass(frozen=True, slots=True)
class WatchedLayer:
    """One direction of one recurrent layer.

    Attributes:
        number: of the layer, from 1.
        backward: whether it runs from the last frame to the first.
        seconds_per_frame: time from one of its frames to the next.
        values: by name [T, H], frames in the utterance's own order: gates from 0 to 1, ``cell``, ``output``.
    """

    number: int
    backward: bool
    seconds_per_frame: float
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class WatchedUtterance:
    """An utterance with what was heard and done.

    Attributes:
        utterance: as the manifest has it.
        words: each with its times, in seconds from the utterance's start.
        frames: [T, F] of the front end, not normalised.
        seconds_per_frame: time from one of them to the next.
        layers: in order, forward before backward.
    """

    utterance: Utterance
    words: tuple[Word, ...]
    frames: Frames
    seconds_per_frame: float
    layers: tuple[WatchedLayer, ...]


def watch_utterances(
    run: Run, utterances: Sequence[Utterance], numbers: Sequence[int] = ()
) -> Iterator[tuple[Utterance, WatchedUtterance | Failure]]:
    """Yield each utterance, in order, with what the model does over it, or with what went wrong with it.

    Args:
        run: with at least one recurrent layer.
        utterances: with their texts.
        numbers: of the layers to watch, from 1; empty: all.

    Raises:
        ConfigError: the model has no such layer, or none.
    """
    layers = run.config.model.layers
    if not layers:
        raise ConfigError(f"{run.folder}: has no recurrent layers, and so no gates: name another run")
    if wrong := [number for number in numbers if not 1 <= number <= layers]:
        raise ConfigError(f"{run.folder}: has no layer {wrong[0]}: choose from 1 to {layers}")
    for utterance, aligned in align_utterances(run, utterances):
        if isinstance(aligned, AlignedUtterance):
            yield utterance, _watched(run, utterance, aligned, numbers or range(1, layers + 1))
        else:
            yield utterance, aligned


def _watched(run: Run, utterance: Utterance, aligned: AlignedUtterance, numbers: Sequence[int]) -> WatchedUtterance:
    config = run.config
    frames = compute_features(read_utterance(utterance, config.features.sample_rate_hz), config.features)
    normal = normalise(frames, run.front_end)[None]
    inputs = run.model.recurrent_inputs(normal, np.array([len(frames)], np.int32))
    hop = run.seconds_per_frame / config.model.time_stride
    layers = []
    for number in numbers:
        x, lengths = inputs[number - 1]
        seen = watch(run.model.recurrent[number - 1].recurrent, x[0, : int(lengths[0])])
        stride = _stride_before(run, number)
        for direction in range(len(seen["output"])):
            values = {name: one[direction] for name, one in seen.items()}
            layers.append(WatchedLayer(number, direction == 1, hop * stride, values))
    words = tuple(word for word in aligned.words if word.start is not None)
    return WatchedUtterance(utterance, words, frames, hop, tuple(layers))


def _stride_before(run: Run, number: int) -> int:
    """Return how many input frames a frame of a layer stands for; pyramids come after their layers."""
    model = run.config.model
    after = np.prod(model.pyramid[number - 1 :], dtype=int)
    return model.time_stride // int(after)
