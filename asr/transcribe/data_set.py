"""Decode a data set, from a manifest or from shards, into a file of hypotheses."""

import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from asr.audio import Waveform
from asr.config import FeatureConfig
from asr.decoding.annotate import Calibrator, annotate
from asr.decoding.calibration import Calibration, load_calibration
from asr.decoding.decode import Decoder
from asr.decoding.greedy import GreedyDecoder
from asr.decoding.hypotheses_file import Alternative, DecodedUtterance, write_hypotheses
from asr.decoding.hypothesis import Hypothesis
from asr.decoding.rescoring import RescoringDecoder
from asr.errors import ManifestError, TranscriptionError, UtteranceError
from asr.features import Frames, compute_features
from asr.files import replacing
from asr.manifest import Utterance, read_manifest
from asr.prepare.blocks import read_utterance
from asr.shards import open_shards
from asr.transcribe.ahead import ahead
from asr.transcribe.clock import frame_clock
from asr.transcribe.recognise import Failure, Recognised, Recording, SpeechModel, recognise

Save: TypeAlias = Callable[[str, np.ndarray], None]
Search: TypeAlias = Callable[[np.ndarray], list[Hypothesis]]


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance of a data set.

    Attributes:
        recording: its id and frames.
        reference: what was said, where that is known.
        duration: seconds.
        start: seconds from the file's start to the utterance's; 0 where that is not known, as in shards.
    """

    recording: Recording
    reference: str | None
    duration: float
    start: float = 0.0


@dataclass(slots=True)
class DecodingResult:
    """What decoding a data set came to.

    Attributes:
        num_decoded: utterances written.
        failures: why an utterance was not, by id.
        audio_seconds: length of the decoded utterances.
        seconds: time that it took, from audio or shards to text.
    """

    num_decoded: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    audio_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work a second of audio; None when nothing was decoded."""
        return self.seconds / self.audio_seconds if self.audio_seconds else None


def read_data_set(
    path: Path, config: FeatureConfig, frames: Callable[[Waveform], Frames] | None = None
) -> list[Example]:
    """Return the utterances of a manifest (a file) or of shards (a folder), in their order.

    Args:
        path: of the data set.
        config: how frames are made.
        frames: makes them of a waveform, as `asr.trained_model.TrainedModel.frames` does; None: librosa.

    Raises:
        ManifestError: the manifest cannot be read, breaks its format or is empty.
        ShardError: the shards are not whole, or were made with other features than ``config``.
    """
    if Path(path).is_dir():
        shards = open_shards(path, config)
        return [
            Example(Recording(entry.id, partial(shards.frames, index)), entry.text, entry.duration)
            for index, entry in enumerate(shards.entries)
        ]
    utterances = read_manifest(path)
    if not utterances:
        raise ManifestError(f"{path}: no utterances: name a manifest that has some")
    return [
        Example(Recording(one.id, partial(_compute, one, config, frames)), one.text, one.duration, one.offset)
        for one in utterances
    ]


def _compute(utterance: Utterance, config: FeatureConfig, frames: Callable[[Waveform], Frames] | None) -> Frames:
    waveform = read_utterance(utterance, config.sample_rate_hz)
    return frames(waveform) if frames else compute_features(waveform, config)


def decode_data_set(
    model: SpeechModel,
    examples: Sequence[Example],
    output: Path,
    *,
    search: Decoder | RescoringDecoder | None = None,
    num_best: int | None = None,
    threads: int = 1,
    log_probs_file: Path | None = None,
    calibrator: Calibrator | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> DecodingResult:
    """Decode utterances and write their hypotheses; files are written whole or not at all.

    Args:
        model: what gives log-probabilities.
        examples: as `read_data_set` returns them.
        output: file of hypotheses, in the examples' order, without those that failed.
        search: None: greedy search.
        num_best: alternatives to write with each hypothesis, at most, itself among them; None: none.
        threads: searches at the same time.
        log_probs_file: when given, a ``.npz`` of log-probabilities [T', V] by utterance id.
        calibrator: when given, it gets all that is found, with the references.
        on_progress: called with the number of utterances that are through.
    """
    result = DecodingResult()
    start = time.perf_counter()
    decoded: list[DecodedUtterance] = []
    as_decoded = partial(_as_decoded, model, load_calibration(model.folder), num_best or 0)
    with ExitStack() as stack:
        save = stack.enter_context(_log_prob_writer(log_probs_file)) if log_probs_file else _forget
        searched = stack.enter_context(_searched(model, examples, search or GreedyDecoder(model.tokens), threads))
        for done, (example, (found, hypotheses)) in enumerate(zip(examples, searched, strict=True), start=1):
            if isinstance(found, Recognised) and isinstance(hypotheses, list):
                if calibrator is not None:
                    calibrator.add(hypotheses, found.log_probs, example.reference or "")
                decoded.append(as_decoded(example, found, hypotheses))
                save(example.recording.id, found.log_probs)
                result.audio_seconds += example.duration
            else:
                result.failures[example.recording.id] = str(hypotheses)
            on_progress(done)
        result.num_decoded = len(decoded)
        result.seconds = time.perf_counter() - start
        write_hypotheses(output, decoded)
    return result


def _as_decoded(
    model: SpeechModel,
    calibration: Calibration,
    num_best: int,
    example: Example,
    found: Recognised,
    hypotheses: list[Hypothesis],
) -> DecodedUtterance:
    """Return the best hypothesis with its words' times, and ``num_best`` alternatives."""
    clock = frame_clock(model.config, start=example.start, duration=example.duration or None)
    best = annotate(hypotheses, found.log_probs, model.tokens, clock, calibration, found.silences)
    nbest = tuple(Alternative(one.text, one.score) for one in hypotheses[:num_best])
    return DecodedUtterance(example.recording.id, best.text, best.score, example.reference, best.words, nbest)


@contextmanager
def _searched(
    model: SpeechModel, examples: Sequence[Example], search: Search, threads: int
) -> Iterator[Iterator[tuple[Recognised | Failure, list[Hypothesis] | Failure]]]:
    """Give what is recognised with its hypotheses, best first, or why there are none; some are searched ahead."""
    recognised = (found for _, found in recognise(model, (example.recording for example in examples)))
    with (
        ThreadPoolExecutor(threads) as executor,
        closing(ahead(partial(_hypotheses, search), recognised, executor, 2 * threads)) as searched,
    ):
        yield searched


def _hypotheses(search: Search, found: Recognised | Failure) -> tuple[Recognised | Failure, list[Hypothesis] | Failure]:
    if not isinstance(found, Recognised):
        return found, found
    try:
        return found, search(found.log_probs)
    except UtteranceError as error:  # a lexicon may leave nothing that the frames could be
        return found, error


@contextmanager
def _log_prob_writer(path: Path) -> Iterator[Save]:
    """Yield a function that adds an array to a new ``.npz``, so that a large data set need not fit into memory."""
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:

        def save(name: str, log_probs: np.ndarray) -> None:
            if "\0" in name:
                raise TranscriptionError(f"{path}: id {name!r} cannot be a name in it: leave out the utterance's NUL")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, log_probs, allow_pickle=False)

        yield save


def _forget(name: str, log_probs: np.ndarray) -> None:
    """Save nothing."""
