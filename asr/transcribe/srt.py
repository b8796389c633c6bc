"""SubRip (``.srt``): numbered subtitles, which every player reads."""

from asr.transcribe.cues import CueStyle, clock_time, cues_of, marked_text
from asr.transcribe.transcript import Transcript


def as_srt(transcript: Transcript, style: CueStyle) -> str:
    """Return SubRip text; a marked word is underlined, as Whisper does it."""
    return "".join(
        f"{number}\n{clock_time(cue.start, ',')} --> {clock_time(cue.end, ',')}\n{marked_text(cue)}\n\n"
        for number, cue in enumerate(cues_of(transcript, style), start=1)
    )
