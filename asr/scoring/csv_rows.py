"""Rows of CSV with a header that names the columns, each with the number of the line on which it begins."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from asr.errors import ManifestError

_IDS = ("id", "audio_filepath")
_TEXTS = ("text", "reference", "pred_text", "hypothesis")
_SHOWN = 200  # characters of a header, which may be a text where there is no header


def csv_rows(path: Path, lines: Iterable[str], delimiter: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows by column, with their line numbers; empty lines are passed over.

    Raises:
        ManifestError: a quote is not closed, a row has more or fewer cells than the header, or the header names a
            column twice, or none for ids or for texts.
    """
    records = _records(path, lines, delimiter)
    line, header = next(records, (1, None))
    if header is None:
        return []
    _check_header(header, f"{path}:{line}", delimiter)
    rows = []
    for line, cells in records:
        if len(cells) != len(header):
            raise ManifestError(f"{path}:{line}: not as many cells as the first line: mend the row")
        rows.append((line, dict(zip(header, cells, strict=True))))
    return rows


def _records(path: Path, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    # Not strict, an open quote takes what is left of the file as one cell.
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    first = 1
    try:
        for cells in reader:
            if cells:
                yield first, cells
            first = reader.line_num + 1
    except csv.Error as error:
        is_open = reader.line_num > first or str(error).startswith("unexpected end")
        problem = "a quote is not closed, or text follows the closing one" if is_open else str(error)
        raise ManifestError(f"{path}:{first}: {problem}: mend the row") from error


def _check_header(header: Sequence[str], where: str, delimiter: str) -> None:
    if twice := [name for name, count in Counter(header).items() if name and count > 1]:
        raise ManifestError(f"{where}: two columns {twice[0]!r}: rename one")
    for known in (_IDS, _TEXTS):
        if not set(known) & set(header):
            found = ", ".join(map(repr, header))[:_SHOWN]
            separator = "tabs" if delimiter == "\t" else "commas"
            raise ManifestError(
                f"{where}: no column {' or '.join(known)} among {found}: "
                f"name the columns in the first line, so spelled, {separator} between"
            )
