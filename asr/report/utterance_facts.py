"""What the lines of references and hypotheses say of an utterance beside its texts: speaker, audio, times of words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asr.decoding.hypothesis import Word
from asr.errors import ManifestError
from asr.scoring.transcripts import Transcripts


@dataclass(frozen=True, slots=True)
class UtteranceFacts:
    """What is known of an utterance beside its texts; what is not known is None or empty.

    Attributes:
        speaker: who said it.
        duration: seconds.
        audio: its sound file, a path that can be opened from the working folder; not checked to be there.
        offset: seconds from the file's start to the utterance's.
        channel: of the file, from 0; None is all of them.
        words: of the hypothesis as it was given (not normalised), with times from the file's start and confidence.
        reference_words: of the reference, likewise, where their times are known.
        speaking_rate: words of the reference a second.
        snr_db: signal-to-noise ratio estimated from the audio, in dB, where it was asked for.
        groups: its value of each key grouped by (``--by``), the keys of ``Report.group_rates``; the HTML page filters
            by them and draws intervals of the groups.
    """

    speaker: str | None = None
    duration: float | None = None
    audio: Path | None = None
    offset: float = 0.0
    channel: int | None = None
    words: tuple[Word, ...] = ()
    reference_words: tuple[Word, ...] = ()
    speaking_rate: float | None = None
    snr_db: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)


def facts_of(references: Transcripts, hypotheses: Transcripts) -> dict[str, UtteranceFacts]:
    """Return the facts of each reference, by id.

    Args:
        references: whose lines say most.
        hypotheses: whose lines have the words with times; they also say where the audio is if the references do not.

    Raises:
        ManifestError: words of a line have times or confidences that are not numbers.
    """
    return {name: _facts(name, references, hypotheses) for name in references.texts}


def _facts(name: str, references: Transcripts, hypotheses: Transcripts) -> UtteranceFacts:
    said, found = references.rows.get(name, {}), hypotheses.rows.get(name, {})
    of_audio, path = (found, hypotheses.path) if "audio_filepath" not in said else (said, references.path)
    audio = of_audio.get("audio_filepath")
    duration = _number(said.get("duration", found.get("duration")))
    channel = _number(of_audio.get("channel"))
    speaker = said.get("speaker", found.get("speaker"))
    num_words = len(references.texts[name].split())
    return UtteranceFacts(
        speaker=None if speaker in (None, "") else str(speaker),
        duration=duration,
        audio=path.parent / audio if isinstance(audio, str) and audio else None,
        offset=_number(of_audio.get("offset")) or 0.0,
        channel=None if channel is None else int(channel),
        words=_words(found, f"{hypotheses.path}: {name}"),
        reference_words=_words(said, f"{references.path}: {name}") if said is not found else (),
        speaking_rate=num_words / duration if duration else None,
    )


def _number(value: Any) -> float | None:
    """A number of JSON, or as CSV spells it; None where it is none that could be counted with."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _words(row: Mapping[str, Any], where: str) -> tuple[Word, ...]:
    """Words with times; none where a line has words of another kind, such as plain texts."""
    words = row.get("words")
    if not isinstance(words, list) or not all(isinstance(word, dict) and "word" in word for word in words):
        return ()
    return tuple(_word(word, where) for word in words)


def _word(word: Mapping[str, Any], where: str) -> Word:
    # Whisper says probability where we say confidence.
    values = [word.get("start"), word.get("end"), word.get("confidence", word.get("probability"))]
    numbers = [_number(value) for value in values]
    unreadable = any(value is not None and number is None for value, number in zip(values, numbers, strict=True))
    confidence = numbers[2]
    if unreadable or not isinstance(word["word"], str) or not (confidence is None or 0 <= confidence <= 1):
        raise ManifestError(f"{where}: word {dict(word)!r}: start and end are seconds, confidence lies in 0 to 1")
    return Word(word["word"], *numbers)
