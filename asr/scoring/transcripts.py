"""Files of texts by utterance id: JSON lines (manifests and hypotheses), Kaldi ``text``, sclite ``trn``.

The format is told by the suffix where that says it (.jsonl, .json, .trn), else by the first line.

What a line of JSON says depends on the side that the file stands on. As hypotheses: ``pred_text`` where it is, else
``text``. As references: ``reference`` in a file of hypotheses, ``text`` in a manifest.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from asr.errors import ManifestError, ScoringError
from asr.manifest import default_id, parse_json_lines

_T = TypeVar("_T")
Side: TypeAlias = Literal["references", "hypotheses"]
NO_VALUE = "(none)"

_KNOWN_FORMATS = "JSON lines (manifests, hypotheses), Kaldi text, sclite trn"
_OTHER_SUFFIXES = {".ctm", ".stm", ".csv", ".tsv", ".srt", ".vtt", ".textgrid", ".xlsx"}
_TRN_LINE = re.compile(r"(?P<text>.*?)\s*\((?P<id>[^()]*)\)\s*")
_TRN_ALTERNATIVES = re.compile(r"\{[^{}]*/[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Transcripts:
    """Texts of one file.

    Attributes:
        path: the file.
        texts: by utterance id, in the file's order.
        rows: all keys of each line, by utterance id; empty where the format has none.
    """

    path: Path
    texts: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Any]]


def read_transcripts(path: Path, side: Side) -> Transcripts:
    """Return the texts of a file.

    Args:
        path: JSON lines, Kaldi ``text`` or sclite ``trn``.
        side: what the file is taken for.

    Raises:
        ManifestError: the file cannot be read, is of another format, a line breaks it, an id appears twice,
            or there is no reference at all.
    """
    transcripts = _read(Path(path), side)
    if side == "references" and not transcripts.texts:
        raise ManifestError(f"{path}: no utterances: nothing to score, give a file with references")
    return transcripts


def _read(path: Path, side: Side) -> Transcripts:
    if path.suffix.lower() in _OTHER_SUFFIXES:
        raise ManifestError(f"{path}: {path.suffix} files are not read: give {_KNOWN_FORMATS}")
    all_lines = _read_lines(path)
    if _is_json(path, all_lines):
        rows = _unique(_json_ids(path, all_lines), path)
        of_row = _reference_of if side == "references" else _hypothesis_of
        texts = {name: of_row(row, f"{path}:{number}") for name, (number, row) in rows.items()}
        return Transcripts(path, texts, {name: row for name, (_, row) in rows.items()})
    lines = [(number, line) for number, line in all_lines if line.strip() and not line.startswith(";;")]
    is_trn = path.suffix.lower() == ".trn" or all(_TRN_LINE.fullmatch(line) for _, line in lines)
    parse = _parse_trn if is_trn else _parse_kaldi
    items = ((number, *parse(line, f"{path}:{number}")) for number, line in lines)
    return Transcripts(path, _unique(items, path), {})


def values_of(transcripts: Transcripts, key: str) -> dict[str, str]:
    """Return each utterance's value of a key, as text; ``(none)`` where a line lacks it.

    Raises:
        ScoringError: no line has that key.
    """
    if not any(key in row for row in transcripts.rows.values()):
        known = sorted(set().union(*transcripts.rows.values()))
        raise ScoringError(
            f"{transcripts.path}: no line has the key {key!r}: "
            + (f"group by one of {', '.join(known)}" if known else "only JSON lines can be grouped")
        )
    return {name: _as_text(transcripts.rows[name].get(key)) for name in transcripts.texts}


def _as_text(value: Any) -> str:
    if value is None:
        return NO_VALUE
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_json(path: Path, lines: Sequence[tuple[int, str]]) -> bool:
    if path.suffix.lower() in {".jsonl", ".json"}:
        return True
    if path.suffix.lower() == ".trn":
        return False
    return next((line.lstrip().startswith("{") for _, line in lines if line.strip()), False)


def _read_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines with their numbers from 1; called once a file, as a pipe can be read but once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}: name a file of {_KNOWN_FORMATS}") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 (byte {error.start}): give {_KNOWN_FORMATS}") from error
    # Not splitlines: it also cuts at characters such as U+2028, which may stand within a text.
    return list(enumerate(text.split("\n"), start=1))


def _json_ids(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, tuple[int, dict[str, Any]]]]:
    for number, row in parse_json_lines(lines, path):
        name = row.get("id")
        if name is None and isinstance(row.get("audio_filepath"), str):
            name = default_id(row["audio_filepath"])
        if not isinstance(name, str):
            raise ManifestError(f"{path}:{number}: id is {name!r}: a line needs a text as id, or audio_filepath")
        yield number, name, (number, row)


def _reference_of(row: Mapping[str, Any], where: str) -> str:
    if "audio_filepath" in row:
        return _string(row, "text", where)
    if "reference" not in row and "score" in row:
        raise ManifestError(f"{where}: a hypothesis without a reference: give the manifest as references")
    return _string(row, "reference" if "reference" in row else "text", where)


def _hypothesis_of(row: Mapping[str, Any], where: str) -> str:
    return _string(row, "pred_text" if "pred_text" in row else "text", where)


def _string(row: Mapping[str, Any], key: str, where: str) -> str:
    if key not in row:
        raise ManifestError(f"{where}: key {key!r} is missing: each line needs an id and a text")
    if not isinstance(row[key], str):
        raise ManifestError(f"{where}: {key} is {row[key]!r}: it must be str")
    return row[key]


def _parse_kaldi(line: str, where: str) -> tuple[str, str]:
    name, *words = line.split(maxsplit=1)
    return name, words[0].strip() if words else ""


def _parse_trn(line: str, where: str) -> tuple[str, str]:
    match = _TRN_LINE.fullmatch(line)
    if match is None or not match["id"].strip():
        raise ManifestError(f"{where}: no utterance id: a line of trn ends in (ID)")
    if _TRN_ALTERNATIVES.search(match["text"]):
        raise ManifestError(f"{where}: alternatives {{ a / b }} are not read: choose one of them")
    return match["id"].strip(), match["text"].strip()


def _unique(items: Iterable[tuple[int, str, _T]], path: Path) -> dict[str, _T]:
    found: dict[str, _T] = {}
    line_of: dict[str, int] = {}
    for number, name, value in items:
        if name in found:
            raise ManifestError(
                f"{path}:{number}: id {name!r} is already used in line {line_of[name]}: give each utterance its own id"
            )
        found[name], line_of[name] = value, number
    return found
