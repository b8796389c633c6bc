"""The recordings of a report: where they are, seen from the page, or their sound to be kept in the page.

Kept sound is MP3, which every browser plays and decodes, at 16 kHz with some 3.5 kB a second: 3 000 utterances of
LibriSpeech (6 hours) are 100 MB of page.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from asr.audio import as_mp3, read_audio
from asr.errors import AudioError
from asr.report.utterance_facts import UtteranceFacts

SOUND_TYPE = "audio/mpeg"
_RATE_HZ = 16_000
_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".sph")


@dataclass(frozen=True, slots=True)
class Sounds:
    """The recordings of a report's utterances.

    Attributes:
        links: where the page finds the file of an utterance, as a quoted relative URL, by utterance id.
        kept: MP3 of the utterance alone, by utterance id.
        missing: ids of utterances whose file is named but was not found or could not be read.
    """

    links: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, bytes] = field(default_factory=dict)
    missing: Sequence[str] = ()


def find_sounds(
    utterances: Mapping[str, UtteranceFacts], page: Path, *, root: Path | None = None, embed: bool = False
) -> Sounds:
    """Return the recordings of utterances; one that is missing is named, never an error.

    Args:
        utterances: what is known of each, by id.
        page: where the page will be written.
        root: a folder in which the files are looked for: by the longest end of their path that is there; where no
            path is known, by the utterance's id.
        embed: keep the sound in the page instead of links to files.
    """
    links: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    missing: list[str] = []
    for name, facts in utterances.items():
        path = _find(name, facts.audio, root)
        if path is None:
            missing += [name] if facts.audio or root else []
        elif not embed:
            links[name] = quote(Path(os.path.relpath(path, page.parent)).as_posix())
        elif sound := _packed(path, facts):
            kept[name] = sound
        else:
            missing.append(name)
    return Sounds(links, kept, missing)


def _find(name: str, audio: Path | None, root: Path | None) -> Path | None:
    if root is None:
        candidates = [audio] if audio else []
    elif audio is None:
        candidates = [root / f"{name}{suffix}" for suffix in _SUFFIXES]
    else:
        parts = audio.parts[1:] if audio.is_absolute() else audio.parts
        candidates = [root.joinpath(*parts[start:]) for start in range(len(parts))]
    return next((path for path in candidates if path.is_file()), None)


def _packed(path: Path, facts: UtteranceFacts) -> bytes | None:
    """The utterance as MP3, or None where its file cannot be read."""
    try:
        waveform = read_audio(
            path, sample_rate_hz=_RATE_HZ, offset_s=facts.offset, duration_s=facts.duration, channel=facts.channel
        )
    except AudioError:
        return None
    return as_mp3(waveform, _RATE_HZ)
