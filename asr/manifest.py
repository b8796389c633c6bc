"""Manifests: one utterance a line of JSON, with NeMo's keys.

A manifest names audio and text; it never holds samples. Paths are relative to the manifest or absolute; text is as the
corpus spells it. Normalising is the business of `asr.tokens` and of the scorer.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asr.errors import ManifestError
from asr.files import write_atomically

_OPTIONAL_TYPES: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "speaker": (str, int),
    "offset": (int, float),
    "channel": int,
    "lang": str,
}
_KNOWN = {"audio_filepath", "duration", "text", *_OPTIONAL_TYPES}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech and what was said.

    Attributes:
        id: unique within a corpus; what hypotheses and references are joined by.
        audio_filepath: path of the audio file.
        duration: seconds, at least 0.
        text: what was said, as the corpus spells it; may be empty.
        speaker: who said it, when known.
        offset: seconds from the file's start to the utterance's.
        channel: channel of the file, from 0; None mixes all channels.
        lang: language code, when known.
        extras: every other key of the manifest, kept as it was.
    """

    id: str
    audio_filepath: Path
    duration: float
    text: str
    speaker: str | None = None
    offset: float = 0.0
    channel: int | None = None
    lang: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


def read_manifest(path: Path) -> list[Utterance]:
    """Return the utterances of a manifest in its order.

    Raises:
        ManifestError: the file is missing; a line is not JSON, lacks a key or has a value of the wrong type; an id
            appears twice.
    """
    utterances: list[Utterance] = []
    line_of: dict[str, int] = {}
    for number, row in read_json_lines(path):
        utterance = parse_row(row, path, number)
        if utterance.id in line_of:
            raise ManifestError(
                f"{path}:{number}: id {utterance.id!r} is already used in line {line_of[utterance.id]}: "
                f"give each utterance its own id"
            )
        line_of[utterance.id] = number
        utterances.append(utterance)
    return utterances


def read_json_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of a JSON-lines file with their line numbers from 1; empty lines are passed over.

    Raises:
        ManifestError: the file cannot be read, is not UTF-8, or a line is not a JSON object.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ManifestError(f"{path}: {reason}: name a JSON-lines file") from error
    return parse_json_lines(enumerate(lines, start=1), path)


def parse_json_lines(lines: Iterable[tuple[int, str]], path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of lines that were read from ``path``, with their numbers; empty lines are passed over.

    Raises:
        ManifestError: a line is not a JSON object.
    """
    return [(number, _parse_object(line, f"{path}:{number}")) for number, line in lines if line.strip()]


def _parse_object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if "\\ud" in line.lower():
            json.dumps(row, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ManifestError(f"{where}: not JSON ({error.msg}, column {error.colno}): mend the line") from error
    except UnicodeEncodeError as error:  # JSON may escape half of a character; no file could hold it
        raise ManifestError(f"{where}: holds half of a surrogate pair: mend the line") from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{where}: a number too long or values nested too deeply: mend the line") from error
    if not isinstance(row, dict):
        raise ManifestError(f'{where}: not a JSON object: a line must look like {{"key": "value"}}')
    return row


def write_manifest(path: Path, utterances: Iterable[Utterance]) -> None:
    """Write utterances as a manifest, atomically; audio paths become relative to it where they lie beside or below."""
    folder = Path(path).parent.resolve()
    lines = [json.dumps(manifest_row(utterance, folder), ensure_ascii=False) + "\n" for utterance in utterances]
    write_atomically(path, "".join(lines).encode())


def manifest_row(utterance: Utterance, folder: Path) -> dict[str, Any]:
    """Return the JSON object of one manifest line for a manifest that lies in ``folder``."""
    audio = Path(os.path.abspath(utterance.audio_filepath))
    row: dict[str, Any] = {
        "id": utterance.id,
        "audio_filepath": audio.relative_to(folder).as_posix() if audio.is_relative_to(folder) else str(audio),
        "duration": utterance.duration,
        "text": utterance.text,
    }
    optional = {
        "speaker": utterance.speaker,
        "offset": utterance.offset or None,
        "channel": utterance.channel,
        "lang": utterance.lang,
    }
    row.update({key: value for key, value in optional.items() if value is not None})
    row.update(utterance.extras)
    return row


def parse_row(row: dict[str, Any], path: Path, number: int) -> Utterance:
    """Return the utterance of one line's JSON object; ``path`` and ``number`` are the manifest's and the line's.

    Raises:
        ManifestError: a key is missing or has a value of the wrong type.
    """
    where = f"{path}:{number}"
    for key, kind in {"audio_filepath": str, "duration": (int, float), "text": str}.items():
        if key not in row:
            raise ManifestError(f"{where}: key {key!r} is missing: each line needs audio_filepath, duration and text")
        _check_type(row[key], kind, key, where)
    for key, kind in _OPTIONAL_TYPES.items():
        if row.get(key) is not None:
            _check_type(row[key], kind, key, where)
    for key in ("duration", "offset"):
        if not 0 <= float(row.get(key) or 0) < float("inf"):
            raise ManifestError(f"{where}: {key} = {row[key]} is not a length of time: give seconds, 0 or more")
    audio = Path(row["audio_filepath"])
    if not audio.name or "\0" in row["audio_filepath"]:
        raise ManifestError(f"{where}: audio_filepath is {row['audio_filepath']!r}: name a sound file")
    speaker = row.get("speaker")
    return Utterance(
        id=row.get("id") or default_id(audio),
        audio_filepath=audio if audio.is_absolute() else Path(path).parent / audio,
        duration=float(row["duration"]),
        text=row["text"],
        speaker=None if speaker is None else str(speaker),
        offset=float(row.get("offset") or 0.0),
        channel=row.get("channel"),
        lang=row.get("lang"),
        extras={key: value for key, value in row.items() if key not in _KNOWN},
    )


def default_id(audio_filepath: str | Path) -> str:
    """Return the id of a line that gives none: its audio path, as it stands there, without the suffix."""
    path = Path(audio_filepath)
    return (path.with_suffix("") if path.name else path).as_posix()


def _check_type(value: object, kind: type | tuple[type, ...], key: str, where: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
        raise ManifestError(f"{where}: {key} is {value!r}: it must be {names}")
