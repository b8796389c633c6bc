"""Files that a transcript is written to: one function a format, one line each in `FORMATS`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from asr.errors import TranscriptionError
from asr.transcribe.transcript import Segment, Transcript


def as_txt(transcript: Transcript) -> str:
    """Return the text, one segment a line."""
    return "".join(segment.text + "\n" for segment in transcript.segments)


def as_json(transcript: Transcript) -> str:
    """Return Whisper's JSON (text, segments, language) with audio, duration and model added."""
    value = {
        "text": transcript.text,
        "segments": [_segment(segment) for segment in transcript.segments],
        "language": transcript.language,
        "audio": transcript.audio,
        "duration": transcript.duration,
        "model": transcript.model,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _segment(segment: Segment) -> dict[str, Any]:
    """Return a segment as Whisper has it, whose name of a word's confidence is probability."""
    value = asdict(segment)
    value["words"] = [
        {"word": word.word, "start": word.start, "end": word.end, "probability": word.confidence}
        for word in segment.words
    ]
    return value


FORMATS: dict[str, Callable[[Transcript], str]] = {"txt": as_txt, "json": as_json}


def parse_formats(names: str) -> tuple[str, ...]:
    """Return the formats of a list such as ``txt,json``; ``all`` stands for every one.

    Raises:
        TranscriptionError: one is unknown.

    >>> parse_formats("json, txt"), parse_formats("all")
    (('json', 'txt'), ('txt', 'json'))
    """
    found = [name.strip() for name in names.split(",")]
    if "all" in found:
        return tuple(FORMATS)
    for name in found:
        if name not in FORMATS:
            raise TranscriptionError(f"output format {name!r} is unknown: choose from {', '.join(FORMATS)}, all")
    return tuple(dict.fromkeys(found))
