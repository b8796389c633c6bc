"""When each word of a data set's transcripts was said, by a trained model; and the files that say so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from asr.audio import audio_duration
from asr.config import FeatureConfig
from asr.decoding.align import Alignment, align, separators
from asr.decoding.confidence import frame_confidences
from asr.decoding.hypothesis import Word
from asr.decoding.word_times import FrameClock, label_times, word_times
from asr.errors import TranscriptionError, UtteranceError
from asr.features import Frames, compute_features
from asr.manifest import Utterance
from asr.prepare.blocks import read_utterance
from asr.tokens import Tokens
from asr.transcribe.clock import frame_clock
from asr.transcribe.ctm import ctm_lines
from asr.transcribe.recognise import Failure, Recognised, Recording, SpeechModel, recognise
from asr.transcribe.textgrid import Interval, textgrid


@dataclass(frozen=True, slots=True)
class AlignedUtterance:
    """An utterance of which it is known when each word was said.

    Attributes:
        utterance: as the manifest has it.
        words: as the text spells them where the tokens' normaliser keeps word for word, else as they are normalised;
            confidence is how sure the frames were of the word, not calibrated.
        labels: the model's own, each with the time of its spike.
    """

    utterance: Utterance
    words: tuple[Word, ...]
    labels: tuple[Interval, ...]


def align_utterances(
    model: SpeechModel, utterances: Sequence[Utterance]
) -> Iterator[tuple[Utterance, AlignedUtterance | Failure]]:
    """Yield each utterance, in order, with the times of its words or with what went wrong with it."""
    durations: dict[str, float] = {}
    features = model.config.features
    recordings = [Recording(one.id, partial(_frames, one, features, durations)) for one in utterances]
    for utterance, (_, found) in zip(utterances, recognise(model, recordings), strict=True):
        if isinstance(found, Recognised):
            clock = frame_clock(model.config, start=utterance.offset, duration=durations[utterance.id])
            yield utterance, _aligned(utterance, found, model.tokens, clock)
        else:
            yield utterance, found


def _frames(utterance: Utterance, features: FeatureConfig, durations: dict[str, float]) -> Frames:
    """Read an utterance, note its true duration, and return its frames."""
    waveform = read_utterance(utterance, features.sample_rate_hz)
    durations[utterance.id] = len(waveform) / features.sample_rate_hz
    return compute_features(waveform, features)


def _aligned(
    utterance: Utterance, found: Recognised, tokens: Tokens, clock: FrameClock
) -> AlignedUtterance | UtteranceError:
    try:
        words, labels, alignment = align_text(utterance.text, found.log_probs, tokens, clock, found.silences)
    except UtteranceError as error:
        return error
    spikes = zip(labels, label_times(alignment, clock), strict=True)
    return AlignedUtterance(
        utterance, words, tuple(Interval(start, end, tokens.labels[label]) for label, (start, end) in spikes)
    )


def align_text(
    text: str, log_probs: np.ndarray, tokens: Tokens, clock: FrameClock, silences: np.ndarray | None = None
) -> tuple[tuple[Word, ...], list[int], Alignment]:
    """Return the words of a text with times and confidence, its labels, and where these lie in the frames.

    Args:
        text: what was said; it is normalised as the tokens say.
        log_probs: [T, V] natural log.
        tokens: the V labels.
        clock: when the frames are.
        silences: [R, 2] of the utterance, in frames, as `asr.decoding.silences` finds them; None: not known.

    Raises:
        UtteranceError: the labels cannot spell the text, or the text does not fit into the frames.
    """
    normalised = " ".join(tokens.normaliser(text).split())
    labels = tokens.encode(normalised)
    alignment = align(log_probs, labels, separators=separators(tokens))
    spans = tokens.words(labels, normalised)
    confidences = frame_confidences(log_probs, labels, spans, alignment)
    words = word_times(spans, alignment, clock, silences)
    spelled = _spelled(text, [word.word for word in words], tokens)
    found = zip(words, spelled, confidences.tolist(), strict=True)
    return tuple(replace(word, word=own, confidence=sure) for word, own, sure in found), labels, alignment


def _spelled(text: str, normalised: list[str], tokens: Tokens) -> list[str]:
    """Return the words as the text spells them, where it has one for each normalised word."""
    own = text.split()
    return own if [tokens.normaliser(word).strip() for word in own] == normalised else normalised


def as_ctm(aligned: AlignedUtterance) -> str:
    """Return the CTM lines of an utterance, under its id; times are seconds from the file's start."""
    utterance = aligned.utterance
    return ctm_lines(utterance.id, aligned.words, channel=str((utterance.channel or 0) + 1))


def as_textgrid(aligned: AlignedUtterance) -> str:
    """Return a TextGrid over the whole file, with a tier of words and one of the model's labels."""
    duration = audio_duration(aligned.utterance.audio_filepath)
    words = [Interval(word.start or 0.0, word.end or 0.0, word.word) for word in aligned.words]
    last = max((interval.end for interval in (*words, *aligned.labels)), default=0.0)
    return textgrid({"words": words, "labels": aligned.labels}, max(duration, last))


def textgrid_path(folder: Path, utterance_id: str) -> Path:
    """Return the file of an utterance in a folder of TextGrids; see `utterance_path`."""
    return utterance_path(folder, utterance_id, ".TextGrid")


def utterance_path(folder: Path, utterance_id: str, suffix: str) -> Path:
    """Return the file of an utterance in a folder with one for each; slashes in the id make folders.

    Raises:
        TranscriptionError: the file would lie outside the folder.
    """
    parts = PurePosixPath(utterance_id).parts
    if not parts or {"..", "/"} & set(parts) or "\0" in utterance_id:
        raise TranscriptionError(f"id {utterance_id!r}: no name for a file within {folder}: rename the utterance")
    return folder.joinpath(*parts[:-1], f"{parts[-1]}{suffix}")
