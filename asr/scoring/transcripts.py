"""Files of texts by utterance id: JSON lines (manifests and hypotheses), CSV, Kaldi ``text``, sclite ``trn``, ctm, stm.

The format is told by the suffix where that says it (.jsonl, .json, .csv, .tsv, .trn, .ctm, .stm), else by the first
line: JSON lines, ``trn`` or Kaldi ``text``.

What a line of JSON, or a row of CSV, says depends on the side that the file stands on. As hypotheses: ``pred_text``
where it is, else ``hypothesis``, else ``text``. As references: ``reference`` in a file of hypotheses, ``text`` in a
manifest.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from asr.errors import ManifestError, ScoringError
from asr.manifest import default_id, parse_json_lines
from asr.scoring.csv_rows import csv_rows
from asr.scoring.time_marked import check_words, deal_to_segments, parse_ctm, parse_stm, rows_of_recordings

_T = TypeVar("_T")
Side: TypeAlias = Literal["references", "hypotheses"]
NO_VALUE = "(none)"

_KNOWN_FORMATS = "JSON lines (manifests, hypotheses), CSV, Kaldi text, sclite trn, ctm, stm"
SUFFIXES = frozenset({".jsonl", ".json", ".csv", ".tsv", ".trn", ".ctm", ".stm"})
_OTHER_SUFFIXES = {".srt", ".vtt", ".textgrid", ".xlsx"}
_TRN_LINE = re.compile(r"(?P<text>.*?)\s*\((?P<id>[^()]*)\)\s*")


@dataclass(frozen=True, slots=True)
class Transcripts:
    """Texts of one file.

    Attributes:
        path: the file.
        texts: by utterance id, in the file's order.
        rows: all keys of each line, by utterance id; empty where the format has none.
        segments: what a ``stm`` says of each of its segments, also of those that are not to be scored.
    """

    path: Path
    texts: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Any]]
    segments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_transcripts(path: Path, side: Side, segments: Mapping[str, Mapping[str, Any]] | None = None) -> Transcripts:
    """Return the texts of a file.

    Args:
        path: JSON lines, CSV, Kaldi ``text``, sclite ``trn``, ctm or stm.
        side: what the file is taken for.
        segments: those of the references, to which the words of a ctm are dealt; without, its recordings are the
            utterances.

    Raises:
        ManifestError: the file cannot be read, is of another format, a line breaks it, an id appears twice,
            or there is no reference at all.
    """
    transcripts = _read(Path(path), side, segments or {})
    if side == "references" and not transcripts.texts:
        raise ManifestError(f"{path}: no utterances: nothing to score, give a file with references")
    return transcripts


def _read(path: Path, side: Side, segments: Mapping[str, Mapping[str, Any]]) -> Transcripts:
    suffix = path.suffix.lower()
    if suffix in _OTHER_SUFFIXES:
        raise ManifestError(f"{path}: {suffix} files are not read: give {_KNOWN_FORMATS}")
    all_lines = _read_lines(path)
    if suffix in {".csv", ".tsv"}:
        rows = csv_rows(path, (line for _, line in all_lines), "," if suffix == ".csv" else "\t")
        return _of_rows(path, rows, side)
    if _is_json(path, all_lines):
        return _of_rows(path, parse_json_lines(all_lines, path), side)
    lines = [(f"{path}:{number}", line) for number, line in all_lines if line.strip() and not line.startswith(";;")]
    if suffix == ".stm":
        found = _unique(parse_stm(lines))
        rows = {name: row for name, row in found.items() if row["text"] is not None}
        return Transcripts(path, {name: row["text"] for name, row in rows.items()}, rows, found)
    if suffix == ".ctm":
        words = parse_ctm(lines)
        rows = deal_to_segments(words, segments, str(path)) if segments else rows_of_recordings(words)
        return Transcripts(path, {name: row["text"] for name, row in rows.items()}, rows)
    is_trn = suffix == ".trn" or all(_TRN_LINE.fullmatch(line) for _, line in lines)
    parse = _parse_trn if is_trn else _parse_kaldi
    return Transcripts(path, _unique((where, *parse(line, where)) for where, line in lines), {})


def _of_rows(path: Path, numbered: Iterable[tuple[int, dict[str, Any]]], side: Side) -> Transcripts:
    of_row = _reference_of if side == "references" else _hypothesis_of
    rows = _unique(_with_ids(path, numbered))
    texts = {name: of_row(row, where) for name, (where, row) in rows.items()}
    return Transcripts(path, texts, {name: row for name, (_, row) in rows.items()})


def values_of(transcripts: Transcripts, key: str) -> dict[str, str]:
    """Return each utterance's value of a key, as text; ``(none)`` where a line lacks it.

    Raises:
        ScoringError: no line has that key.
    """
    if not any(key in row for row in transcripts.rows.values()):
        known = sorted(set().union(*transcripts.rows.values()))
        raise ScoringError(
            f"{transcripts.path}: no line has the key {key!r}: "
            + (f"group by one of {', '.join(known)}" if known else "only JSON lines, CSV and stm have keys to group by")
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
        raise ManifestError(f"{path}: not UTF-8 (byte {error.start}): convert it to UTF-8") from error
    # Not splitlines: it also cuts at characters such as U+2028, which may stand within a text.
    return list(enumerate(text.split("\n"), start=1))


def _with_ids(
    path: Path, rows: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[tuple[str, str, tuple[str, dict[str, Any]]]]:
    for number, row in rows:
        name, audio = row.get("id"), row.get("audio_filepath")
        if name in (None, "") and isinstance(audio, str) and audio:
            name = default_id(audio)
        if not isinstance(name, str) or not name.strip():
            raise ManifestError(f"{path}:{number}: id is {name!r}: a line needs a text as id, or audio_filepath")
        yield f"{path}:{number}", name, (f"{path}:{number}", row)


def _reference_of(row: Mapping[str, Any], where: str) -> str:
    if "audio_filepath" in row:
        return _string(row, "text", where)
    if "reference" not in row and "score" in row:
        raise ManifestError(f"{where}: a hypothesis without a reference: give the manifest as references")
    return _string(row, "reference" if "reference" in row else "text", where)


def _hypothesis_of(row: Mapping[str, Any], where: str) -> str:
    return _string(row, next((key for key in ("pred_text", "hypothesis") if key in row), "text"), where)


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
    check_words(match["text"], where)
    return match["id"].strip(), match["text"].strip()


def _unique(items: Iterable[tuple[str, str, _T]]) -> dict[str, _T]:
    """Values by id, of items (where they stand, id, value)."""
    found: dict[str, _T] = {}
    place_of: dict[str, str] = {}
    for where, name, value in items:
        if name in found:
            line = place_of[name].rpartition(":")[2]
            raise ManifestError(f"{where}: id {name!r} is already used in line {line}: give each utterance its own id")
        found[name], place_of[name] = value, where
    return found
