"""What was said in one sound file, with times."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from asr.decoding.hypothesis import Word

# Below this mean confidence of the words a transcript is not to be relied on: docs/transcribe.md has what it parts.
LOW_CONFIDENCE = 0.7


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech.

    Attributes:
        id: its number, from 0.
        start: seconds from the file's start.
        end: likewise.
        text: what was said in it.
        words: of the text, with times and confidence.
    """

    id: int
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The text of a sound file, or of a span or a channel of one.

    Attributes:
        audio: the file, as the caller named it.
        duration: length in seconds of what was transcribed.
        text: all that was said.
        segments: the text in stretches between pauses; none where nothing was said.
        language: of the text.
        model: what transcribed it.
        channel: of the file, from 0; None where all were mixed.
    """

    audio: str
    duration: float
    text: str
    segments: tuple[Segment, ...]
    language: str
    model: str
    channel: int | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of all segments."""
        return tuple(word for segment in self.segments for word in segment.words)

    @property
    def confidence(self) -> float | None:
        """Mean confidence of the words, in [0, 1]; None where there are none."""
        known = confidences(self.words)
        return fmean(known) if known else None

    @property
    def low_confidence(self) -> bool:
        """Whether the model was lost: another language, music, noise; mean confidence is under `LOW_CONFIDENCE`."""
        return self.confidence is not None and self.confidence < LOW_CONFIDENCE


def confidences(words: Iterable[Word]) -> list[float]:
    """Return the confidences of words that have one."""
    return [word.confidence for word in words if word.confidence is not None]


def low_confidence_note(name: str, confidence: float | None) -> str | None:
    """Return what is said of a recording, or a stream, in which the model was lost; None where it was not."""
    if confidence is None or confidence >= LOW_CONFIDENCE:
        return None
    return (
        f"{name}: mean confidence {confidence:.2f} is under {LOW_CONFIDENCE}: "
        f"the model was lost in it, do not rely on the text"
    )
