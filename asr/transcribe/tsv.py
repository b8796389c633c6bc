"""Whisper's TSV: start and end of each segment in whole milliseconds, and its text."""

from asr.transcribe.transcript import Transcript


def as_tsv(transcript: Transcript) -> str:
    """Return a line of names, then one a segment."""
    rows = [
        f"{round(segment.start * 1000)}\t{round(segment.end * 1000)}\t{segment.text}" for segment in transcript.segments
    ]
    return "\n".join(["start\tend\ttext", *rows]) + "\n"
