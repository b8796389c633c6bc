"""Importer for Kaldi data folders: ``wav.scp``, ``text`` and perhaps ``segments``, ``utt2spk`` and ``spk2gender``.

Hours, rate and licence are those of the recordings. Layout: one data folder, or a folder of them (``data/train``,
``data/test``, ...), each of which becomes a manifest of its name::

    wav.scp      RECORDING PATH          (a PATH that is a command, ending with |, is refused: nothing is run)
    segments     UTTERANCE RECORDING START END     (END -1: to the recording's end); without it RECORDING = UTTERANCE
    text         UTTERANCE WORDS...
    utt2spk      UTTERANCE SPEAKER
    spk2gender   SPEAKER f|m

Three lines of ``text``::

    fash-an251 YES
    fash-an253 GO
    fash-an254 YES

A relative PATH is looked for in the data folder, then in each folder above it, since Kaldi's are relative to where its
script ran.
"""

from pathlib import Path

from asr.errors import ManifestError
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, by_manifest_name, finish, read_lines
from data_prep.source import require_source

Span = tuple[str, float, float]  # recording, offset and duration in seconds; duration 0 reaches to the end


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write one manifest for each data folder; failures are utterances without text or without audio.

    Raises:
        ManifestError: there is no ``source``, it has no data folder, or a file is malformed.
    """
    source = require_source(source)
    folders = [path for path in (source, *sorted(source.glob("*/"))) if (path / "wav.scp").is_file()]
    if not folders:
        raise ManifestError(f"{source}: no wav.scp in it or one folder below: name a Kaldi data folder")
    splits, failures = {}, {}
    for name, path in by_manifest_name(folders).items():
        splits[name], missing = read_data_folder(path)
        failures |= missing
    return finish(folder, splits, failures, report)


def read_data_folder(folder: Path) -> tuple[list[Utterance], dict[str, str]]:
    """Return the utterances of one data folder in the order of ``text``, and by id those without text or recording.

    Raises:
        ManifestError: a file is malformed.
    """
    recordings = read_recordings(folder / "wav.scp")
    texts = _read_table(folder / "text")
    spans = read_segments(folder / "segments") if (folder / "segments").is_file() else _whole(recordings)
    speakers, sexes = (_read_table(folder / name, optional=True) for name in ("utt2spk", "spk2gender"))
    utterances = []
    failures = {name: f"{folder / 'text'}: no line for this utterance" for name in spans if name not in texts}
    for name, text in texts.items():
        recording, offset, duration = spans.get(name, (None, 0.0, 0.0))
        if recording not in recordings:
            failures[name] = f"{folder}: no recording for this utterance"
            continue
        speaker = speakers.get(name)
        extras = {"sex": sexes[speaker].upper()} if speaker in sexes else {}
        utterances.append(
            Utterance(name, recordings[recording], duration, text, speaker=speaker, offset=offset, extras=extras)
        )
    return utterances, failures


def read_recordings(path: Path) -> dict[str, Path]:
    """Return the paths of ``wav.scp`` by recording.

    Raises:
        ManifestError: a line is malformed, or names a command or a place in a Kaldi archive.
    """
    recordings = {}
    for number, (name, value) in enumerate(_read_table(path).items(), 1):
        where = f"{path}:{number}: {name}"
        if value.endswith("|") or value.startswith("|"):
            raise ManifestError(f"{where}: a command, and commands are not run: write its output to a file first")
        if value.rpartition(":")[0].endswith(".ark"):
            raise ManifestError(f"{where}: a place in a Kaldi archive, which is not read: copy it to wav files first")
        if not value:
            raise ManifestError(f"{where}: no path: mend the line")
        places = (parent / value for parent in (path.parent, *path.resolve().parent.parents))
        recordings[name] = next((place for place in places if place.is_file()), path.parent / value)
    return recordings


def read_segments(path: Path) -> dict[str, Span]:
    """Return the spans of ``segments`` by utterance.

    Raises:
        ManifestError: a line is malformed or its end is not after its start.
    """
    spans = {}
    for number, (name, value) in enumerate(_read_table(path).items(), 1):
        try:
            recording, *times = value.split()
            start, end = (float(time) for time in times[:2])
        except ValueError:
            raise ManifestError(f"{path}:{number}: {name} {value!r} is not UTTERANCE RECORDING START END") from None
        if start < 0 or (end != -1 and not start < end < float("inf")):
            raise ManifestError(f"{path}:{number}: {name} is from {start:g} to {end:g} s: mend the line")
        spans[name] = (recording, start, 0.0 if end == -1 else round(end - start, 6))
    return spans


def _whole(recordings: dict[str, Path]) -> dict[str, Span]:
    return {name: (name, 0.0, 0.0) for name in recordings}


def _read_table(path: Path, optional: bool = False) -> dict[str, str]:
    """Return what follows the first word of each line, by that word; empty lines count as errors, as in Kaldi."""
    if optional and not path.is_file():
        return {}
    table: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), 1):
        name, *rest = line.split(maxsplit=1)[:2] or [""]
        if not name or name in table:
            wrong = f"{name!r} appears twice" if name else "the line is empty"
            raise ManifestError(f"{path}:{number}: {wrong}: run Kaldi's utils/fix_data_dir.sh, or mend it by hand")
        table[name] = rest[0].strip() if rest else ""
    return table


CORPUS = Corpus(
    name="kaldi",
    hours=None,
    licence="",
    summary="importer: --from a Kaldi data folder, or a folder of them",
    prepare=prepare,
)
