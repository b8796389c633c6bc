"""Manifests written back with what was found in ``pred_text``, NeMo's key; ``text`` and all other keys stay.

A line that failed is left out: who scores a manifest takes ``text`` where there is no ``pred_text``, and would count
the reference as a perfect answer.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from asr.errors import ManifestError
from asr.files import write_atomically
from asr.manifest import parse_row, read_json_lines
from asr.raw_audio import RawFormat
from asr.transcribe.source import Source
from asr.transcribe.transcript import Transcript

PRED_TEXT = "pred_text"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a manifest: its recording, and what is written back."""

    source: Source
    value: dict[str, Any]

    @property
    def id(self) -> str:
        """The utterance's."""
        return self.value["id"]

    def line(self, text: str) -> str:
        """Return the line with what was found."""
        return _line(self.value | {PRED_TEXT: text})


def read_rows(manifest: Path, folder: Path | None, raw: RawFormat | None = None) -> list[Row]:
    """Return the lines of a manifest; ``text`` and ``duration`` may be missing, as nothing depends on them.

    Args:
        manifest: JSON lines.
        folder: where it is written back; None: nobody knows, so that paths are written in full.
        raw: how samples lie in files without a header.

    Raises:
        ManifestError: a line cannot be read, or an id is there twice.
    """
    rows: dict[str, Row] = {}
    for number, value in read_json_lines(manifest):
        utterance = parse_row({"duration": 0.0, "text": ""} | value, manifest, number)
        if utterance.id in rows:
            raise ManifestError(f"{manifest}:{number}: id {utterance.id!r} is there twice: give each its own")
        source = Source(
            f"{manifest}: {utterance.id}",
            utterance.audio_filepath,
            PurePath(manifest.stem),
            utterance.offset,
            utterance.duration or None,
            utterance.channel,
            raw,
        )
        rows[utterance.id] = Row(source, moved({"id": utterance.id} | value, manifest.parent, folder))
    return list(rows.values())


def moved(value: dict[str, Any], from_folder: Path, to_folder: Path | None) -> dict[str, Any]:
    """Return a line of a manifest in one folder as a manifest in another has it: with the path of the same file."""
    audio = Path(value["audio_filepath"])
    if audio.is_absolute():
        return value
    absolute = (from_folder / audio).absolute()
    if to_folder is not None and to_folder.absolute() == from_folder.absolute():
        return value
    below = to_folder is not None and absolute.is_relative_to(to_folder.absolute())
    return value | {
        "audio_filepath": str(absolute.relative_to(to_folder.absolute()) if to_folder and below else absolute)
    }


class PredTexts:
    """The texts of one manifest, kept beside the output as they come, so that little is lost by an interruption."""

    def __init__(self, rows: Sequence[Row], output: Path, *, resume: bool) -> None:
        """Begin, or go on with what an interrupted run has left.

        Args:
            rows: all lines.
            output: the manifest to write.
            resume: whether to go on, also with an output that lacks lines, as they failed.

        Raises:
            ManifestError: it is to go on, and the output that is there was made from another manifest.
        """
        self._rows, self._output = rows, output
        self._kept = output.with_name(f".{output.name}.partial")
        self._is_begun = False
        self._texts: dict[str, str] = {}
        self._is_written = False
        if resume and os.path.exists(self._kept):  # all that it had; the output may be that of a run before it
            self._texts = _read_kept(self._kept)
        elif resume:
            self._texts = _read_written(output, rows)
            self._is_written = os.path.exists(output)

    @property
    def left(self) -> list[Row]:
        """The lines that are still to be done."""
        return [row for row in self._rows if row.id not in self._texts]

    @property
    def is_done(self) -> bool:
        """Whether the output is there with every line."""
        return self._is_written and not self.left

    def add(self, row: Row, transcript: Transcript) -> None:
        """Take what was found."""
        self._texts[row.id] = transcript.text
        if not self._is_begun:  # not before there is something: a start that fails costs no earlier run its texts
            write_atomically(self._kept, "".join(_kept_line(*item) for item in self._texts.items()).encode())
            self._is_begun = True
            return
        with self._kept.open("a", encoding="utf-8") as file:
            file.write(_kept_line(row.id, transcript.text))

    def finish(self) -> None:
        """Write the manifest, in its order."""
        lines = [row.line(self._texts[row.id]) for row in self._rows if row.id in self._texts]
        write_atomically(self._output, "".join(lines).encode())
        self._kept.unlink(missing_ok=True)


def _read_written(output: Path, rows: Sequence[Row]) -> dict[str, str]:
    """Return texts by id of a manifest that has been written back; none where there is no such file."""
    if not os.path.exists(output):
        return {}
    ids = {row.id for row in rows}
    found: dict[str, str] = {}
    for number, value in read_json_lines(output):
        identity = str(value.get("id"))
        if identity not in ids:
            raise ManifestError(
                f"{output}:{number}: id {identity!r} is not among those to transcribe: made from another manifest: "
                f"replace it (--overwrite), or name another folder (-o)"
            )
        if isinstance(value.get(PRED_TEXT), str):
            found[identity] = value[PRED_TEXT]
    return found


def _read_kept(path: Path) -> dict[str, str]:
    """Return texts by id; a last line that is cut off is none."""
    found: dict[str, str] = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                identity, text = json.loads(line)
                found[identity] = text
    return found


def _kept_line(identity: str, text: str) -> str:
    return json.dumps([identity, text]) + "\n"


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def write_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """Write a manifest, whole or not at all."""
    write_atomically(path, "".join(map(_line, values)).encode())
