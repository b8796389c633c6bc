"""WebVTT (``.vtt``), the subtitles of browsers. Source: W3C, "WebVTT: The Web Video Text Tracks Format"."""

from dataclasses import replace

from asr.transcribe.cues import Cue, CueStyle, clock_time, cues_of, marked_text
from asr.transcribe.transcript import Transcript


def as_vtt(transcript: Transcript, style: CueStyle) -> str:
    """Return WebVTT text; a marked word is underlined, as Whisper does it."""
    return "WEBVTT\n\n" + "".join(
        f"{clock_time(cue.start, '.')} --> {clock_time(cue.end, '.')}\n{marked_text(_escaped(cue))}\n\n"
        for cue in cues_of(transcript, style)
    )


def _escaped(cue: Cue) -> Cue:
    """Return a cue whose words hold none of the characters that mean something in WebVTT."""
    return replace(cue, lines=tuple(tuple(_escape(word) for word in line) for line in cue.lines))


def _escape(word: str) -> str:
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
