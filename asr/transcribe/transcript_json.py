"""A transcript as JSON, in Whisper's shape; docs/schema/transcript.json describes it."""

import json
from typing import Any

from asr.transcribe.transcript import Segment, Transcript


def as_json(transcript: Transcript, *, word_timestamps: bool = True) -> str:
    """Return Whisper's JSON (text, segments, language) with audio, duration, model, confidence and channel added."""
    value = {
        "text": transcript.text,
        "segments": [segment_json(segment, word_timestamps) for segment in transcript.segments],
        "language": transcript.language,
        "audio": transcript.audio,
        "duration": _seconds(transcript.duration),
        "model": transcript.model,
        "confidence": _probability(transcript.confidence),
        "low_confidence": transcript.low_confidence,
    }
    if transcript.channel is not None:
        value["channel"] = transcript.channel
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def segment_json(segment: Segment, word_timestamps: bool) -> dict[str, Any]:
    """Return a segment as Whisper has it, whose name of a word's confidence is probability."""
    value: dict[str, Any] = {
        "id": segment.id,
        "start": _seconds(segment.start),
        "end": _seconds(segment.end),
        "text": segment.text,
    }
    if word_timestamps:
        value["words"] = [
            {
                "word": word.word,
                "start": _seconds(word.start),
                "end": _seconds(word.end),
                "probability": _probability(word.confidence),
            }
            for word in segment.words
        ]
    return value


def _seconds(time: float | None) -> float | None:
    """Round to milliseconds, which is finer than any frame."""
    return None if time is None else round(time, 3)


def _probability(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
