"""Files that a transcript is written to: one function a format, one line each in `FORMATS`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError
from asr.transcribe.ctm import ctm_lines
from asr.transcribe.cues import CueStyle
from asr.transcribe.srt import as_srt
from asr.transcribe.textgrid import Interval, textgrid
from asr.transcribe.transcript import Segment, Transcript
from asr.transcribe.transcript_json import as_json
from asr.transcribe.tsv import as_tsv
from asr.transcribe.vtt import as_vtt


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What a user may choose of all formats.

    Attributes:
        cues: what subtitles look like.
        word_timestamps: whether JSON has the words of a segment.
    """

    cues: CueStyle = field(default_factory=CueStyle)
    word_timestamps: bool = True


def as_txt(transcript: Transcript) -> str:
    """Return the text, one segment a line."""
    return "".join(segment.text + "\n" for segment in transcript.segments)


def transcript_ctm(transcript: Transcript) -> str:
    """Return CTM lines under the file's stem, spaces replaced, as CTM's columns are parted by them; channels from 1."""
    name = "_".join(PurePath(transcript.audio).stem.split()) or "audio"
    words = [word for segment in transcript.segments for word in _timed(segment)]
    return ctm_lines(name, words, channel=str((transcript.channel or 0) + 1))


def transcript_textgrid(transcript: Transcript) -> str:
    """Return a TextGrid with a tier of segments and one of words."""
    segments = [Interval(one.start, one.end, one.text) for one in transcript.segments]
    words = [
        Interval(word.start, word.end, word.word)
        for word in transcript.words
        if word.start is not None and word.end is not None
    ]
    end = max([transcript.duration, *(segment.end for segment in segments)])
    return textgrid({"segments": segments, "words": words}, end)


def _timed(segment: Segment) -> tuple[Word, ...]:
    """Return the words of a segment; where times are not known they share its time, as CTM has no line without."""
    if all(word.start is not None and word.end is not None for word in segment.words):
        return segment.words
    step = (segment.end - segment.start) / len(segment.words)
    starts = [segment.start + step * number for number in range(len(segment.words))]
    return tuple(replace(word, start=at, end=at + step) for word, at in zip(segment.words, starts, strict=True))


@dataclass(frozen=True, slots=True)
class Format:
    """How files of a format end, and what is written into them."""

    suffix: str
    render: Callable[[Transcript, FormatOptions], str]


FORMATS: dict[str, Format] = {
    "txt": Format("txt", lambda transcript, _: as_txt(transcript)),
    "json": Format("json", lambda transcript, chosen: as_json(transcript, word_timestamps=chosen.word_timestamps)),
    "srt": Format("srt", lambda transcript, chosen: as_srt(transcript, chosen.cues)),
    "vtt": Format("vtt", lambda transcript, chosen: as_vtt(transcript, chosen.cues)),
    "tsv": Format("tsv", lambda transcript, _: as_tsv(transcript)),
    "ctm": Format("ctm", lambda transcript, _: transcript_ctm(transcript)),
    "textgrid": Format("TextGrid", lambda transcript, _: transcript_textgrid(transcript)),
}


def parse_formats(names: str) -> tuple[str, ...]:
    """Return the formats of a list such as ``txt,json``; ``all`` stands for every one.

    Raises:
        TranscriptionError: one is unknown.

    >>> parse_formats("json, txt"), parse_formats("all")
    (('json', 'txt'), ('txt', 'json', 'srt', 'vtt', 'tsv', 'ctm', 'textgrid'))
    """
    found = [name.strip() for name in names.split(",")]
    if "all" in found:
        return tuple(FORMATS)
    for name in found:
        if name not in FORMATS:
            raise TranscriptionError(f"output format {name!r} is unknown: choose from {', '.join(FORMATS)}, all")
    return tuple(dict.fromkeys(found))
