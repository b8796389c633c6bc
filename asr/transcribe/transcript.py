"""What was said in one sound file, with times."""

from dataclasses import dataclass

from asr.decoding.hypothesis import Word


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
    """The text of a sound file.

    Attributes:
        audio: the file, as the caller named it.
        duration: its length in seconds.
        text: all that was said.
        segments: the text in stretches; so far one that spans the file, and none where nothing was said.
        language: of the text.
        model: what transcribed it.
    """

    audio: str
    duration: float
    text: str
    segments: tuple[Segment, ...]
    language: str
    model: str

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of all segments."""
        return tuple(word for segment in self.segments for word in segment.words)
