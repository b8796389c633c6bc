"""Importer for a plain folder of recordings and their texts.

Hours, rate and licence are those of the recordings. Layout, in either of two ways, at any depth::

    FOLDER/a/one.flac, FOLDER/a/one.txt          each recording has its text beside it, in a .txt of the same name
    FOLDER/transcripts.txt                       or one file has them all, a line each: a path, white space, the text

Three lines of ``transcripts.txt`` (paths are relative to it; their suffix may be left out)::

    a/one YES
    a/two.flac PLEASE CALL STELLA
    b/three ASK HER TO BRING THESE THINGS

Where there is a ``transcripts.txt``, it alone counts. Ids are the paths without suffix; speakers are not guessed. The
manifest is ``all.jsonl``.
"""

from pathlib import Path

from asr.errors import ManifestError
from asr.manifest import Utterance
from data_prep.corpus import Corpus, Preparation, Report, finish, read_lines
from data_prep.source import require_source

SUFFIXES = frozenset((".wav", ".flac", ".mp3", ".ogg", ".opus", ".sph", ".aiff", ".aif", ".au", ".caf", ".w64"))
TRANSCRIPTS = "transcripts.txt"


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write all.jsonl; failures are recordings without text, texts without recording, and what cannot be read.

    Raises:
        ManifestError: there is no ``source``, it has no recording, or a text file is malformed.
    """
    source = require_source(source)
    recordings = find_recordings(source)
    listed = (source / TRANSCRIPTS).is_file()
    texts = read_transcripts(source / TRANSCRIPTS) if listed else read_texts(recordings)
    failures = {name: f"{recordings[name]}: no text for this recording" for name in recordings if name not in texts}
    failures |= {name: f"{source}: no recording for this text" for name in texts if name not in recordings}
    utterances = [Utterance(name, path, 0.0, texts[name]) for name, path in recordings.items() if name in texts]
    return finish(folder, {"all": utterances}, failures, report)


def find_recordings(folder: Path) -> dict[str, Path]:
    """Return every recording in a folder by its path without suffix, relative to the folder.

    Raises:
        ManifestError: there is none, or two differ only in their suffix.
    """
    recordings: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in recordings:
            raise ManifestError(f"{path}: {recordings[name].name} is beside it, with the same text: remove one of them")
        recordings[name] = path
    if not recordings:
        raise ManifestError(f"{folder}: no recordings in it ({', '.join(sorted(SUFFIXES))}): check --from")
    return recordings


def read_texts(recordings: dict[str, Path]) -> dict[str, str]:
    """Return the texts that lie beside recordings, their lines joined by spaces."""
    beside = {name: path.with_suffix(".txt") for name, path in recordings.items()}
    return {name: " ".join(" ".join(read_lines(path)).split()) for name, path in beside.items() if path.is_file()}


def read_transcripts(path: Path) -> dict[str, str]:
    """Return the texts of a transcript file by their recording's path without suffix.

    Raises:
        ManifestError: a recording comes twice.
    """
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        name, *rest = line.split(maxsplit=1)
        key = Path(name)
        stem = (key.with_suffix("") if key.suffix.lower() in SUFFIXES else key).as_posix()
        if stem in texts:
            raise ManifestError(f"{path}:{number}: {stem!r} appears twice: remove one of the lines")
        texts[stem] = " ".join(rest).strip()
    return texts


CORPUS = Corpus(
    name="folder",
    hours=None,
    licence="",
    summary="importer: --from a folder of recordings, each with its .txt, or one transcripts.txt",
    prepare=prepare,
)
