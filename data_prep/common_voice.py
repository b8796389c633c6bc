"""Importer for Mozilla's two table formats: Common Voice's TSV and DeepSpeech's CSV.

Hours and rate differ by language and release (Common Voice: MP3, 32 or 48 kHz, one channel). Licence of Common Voice:
CC0. Layout: one table, an archive of Common Voice, or a folder with ``train``, ``dev`` and ``test`` tables (other
tables, such as ``validated.tsv``, are imported by naming the file)::

    cv-corpus-17.0-2024-03-15/en/train.tsv, dev.tsv, test.tsv, ...
    cv-corpus-17.0-2024-03-15/en/clips/common_voice_en_1.mp3, ...

Three lines of a Common Voice table (columns are found by name, whatever their order; tabs are written as spaces here)::

    client_id  path                    sentence                   up_votes  down_votes  age       gender  locale
    0af3       common_voice_en_1.mp3   Joe Keaton disapproved.    2         0           twenties  male    en
    0af3       common_voice_en_2.mp3   "She'll be all right."     2         0           twenties  male    en

Three lines of a DeepSpeech table (paths are relative to it)::

    wav_filename,wav_filesize,transcript
    clips/1.wav,86444,she had your dark suit in greasy wash water all year
    clips/2.wav,50220,"well, yes"

Each table becomes a manifest of its name; ``client_id`` is the speaker; age, gender and accent are kept.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from asr.errors import ManifestError
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, by_manifest_name, finish, read_lines
from data_prep.source import obtain, require_source

SPLITS = ("train", "dev", "test")
SUFFIXES = (".tsv", ".csv")
EXTRAS = ("age", "gender", "accents", "accent", "variant")


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write one manifest a table; failures are rows whose audio cannot be read.

    Raises:
        ManifestError: there is no ``source``, it has no table, or one is malformed.
    """
    source = require_source(source)
    tables = [source]
    if source.suffix not in SUFFIXES:
        names = [name + suffix for name in SPLITS for suffix in SUFFIXES]
        root = obtain((), source, folder, names, report)
        tables = [root / name for name in names if (root / name).is_file()]
    return finish(folder, {name: read_table(table) for name, table in by_manifest_name(tables).items()}, {}, report)


def read_table(path: Path) -> list[Utterance]:
    """Return the utterances of a table of either kind.

    Raises:
        ManifestError: a column or a value is missing, or a recording appears twice.
    """
    utterances: dict[str, Utterance] = {}
    for number, row in _rows(path):
        utterance = _deepspeech(row, path) if "wav_filename" in row else _common_voice(row, path)
        if utterance.id in utterances:
            raise ManifestError(f"{path}:{number}: {utterance.id!r} appears twice: remove one of the rows")
        utterances[utterance.id] = utterance
    return list(utterances.values())


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with their line numbers, every column there."""
    # Common Voice does not quote: a quotation mark in a sentence is one.
    is_tsv = path.suffix == ".tsv"
    lines = (line + "\n" for line in read_lines(path))  # a quoted value may go over several
    reader = csv.DictReader(
        lines, delimiter="\t" if is_tsv else ",", quoting=csv.QUOTE_NONE if is_tsv else csv.QUOTE_MINIMAL
    )
    columns = set(reader.fieldnames or ())
    if not (columns >= {"path", "sentence"} or columns >= {"wav_filename", "transcript"}):
        raise ManifestError(
            f"{path}:1: columns are {', '.join(sorted(columns)) or 'missing'}: path and sentence (Common Voice) or "
            f"wav_filename and transcript (DeepSpeech) are needed"
        )
    try:
        for row in reader:
            if None in row or None in row.values():
                raise ManifestError(f"{path}:{reader.line_num}: not {len(columns)} columns as in line 1: mend the row")
            if not (row.get("wav_filename") or row.get("path")):
                raise ManifestError(f"{path}:{reader.line_num}: no sound file is named: mend the row")
            yield reader.line_num, row
    except csv.Error as error:
        raise ManifestError(f"{path}:{reader.line_num}: {error}: mend the row") from error


def _common_voice(row: dict[str, str], path: Path) -> Utterance:
    clip = Path(row["path"])
    # The first releases leave out the suffix.
    audio = path.parent / "clips" / (clip if clip.suffix else clip.with_name(clip.name + ".mp3"))
    extras = {key: row[key] for key in EXTRAS if row.get(key)}
    return Utterance(
        clip.stem,
        audio,
        0.0,
        row["sentence"],
        speaker=row.get("client_id") or None,
        lang=row.get("locale") or None,
        extras=extras,
    )


def _deepspeech(row: dict[str, str], path: Path) -> Utterance:
    audio = Path(row["wav_filename"])
    return Utterance(audio.with_suffix("").as_posix().lstrip("/"), path.parent / audio, 0.0, row["transcript"])


CORPUS = Corpus(
    name="common_voice",
    hours=None,
    licence="",
    summary="importer: --from Common Voice (archive, folder or .tsv) or a DeepSpeech .csv",
    prepare=prepare,
)
