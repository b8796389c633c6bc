"""Importer for NeMo manifests: JSON lines that already name audio, duration and text.

Hours, rate and licence are those of the recordings. Layout: one manifest, or a folder of them (``*.json``,
``*.jsonl``), each with the keys ``audio_filepath`` (absolute, or relative to the manifest), ``duration``, ``text``, and
perhaps ``offset``, ``speaker``, ``lang`` and others, which are kept. Three lines of such a file::

    {"audio_filepath": "wav/fash/an251-fash-b.wav", "duration": 1.0, "text": "yes"}
    {"audio_filepath": "wav/talk.wav", "offset": 12.5, "duration": 3.25, "text": "good evening"}
    {"audio_filepath": "wav/talk.wav", "offset": 15.75, "duration": 0.0, "text": "to the end", "speaker": "7"}

NeMo's lines need no id, and several may cut one recording. An id that is missing comes from the file's name, with the
offset behind it where the same file is used more than once. A duration of 0 reaches to the file's end. Each manifest
keeps its name: ``train.json`` becomes ``train.jsonl``.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from asr.errors import ManifestError
from asr.manifest import Utterance, parse_row, read_json_lines
from data_prep.corpus import Corpus, Preparation, Report, by_manifest_name, finish
from data_prep.source import require_source

SUFFIXES = (".json", ".jsonl")


def prepare(folder: Path, source: Path | None, report: Report) -> Preparation:
    """Write one manifest for each in ``source``; failures are lines whose audio cannot be read.

    Raises:
        ManifestError: there is no ``source``, it has no manifest, or one is malformed.
    """
    source = require_source(source)
    paths = [source] if source.is_file() else sorted(path for path in source.iterdir() if path.suffix in SUFFIXES)
    if not paths:
        raise ManifestError(f"{source}: no *.json or *.jsonl in it: name a manifest, or a folder of manifests")
    splits = {}
    for name, path in by_manifest_name(paths).items():
        if (folder / f"{name}.jsonl").resolve() == path.resolve():
            raise ManifestError(f"{path}: would be overwritten: choose another DIR")
        splits[name] = read_nemo_manifest(path)
    return finish(folder, splits, {}, report)


def read_nemo_manifest(path: Path) -> list[Utterance]:
    """Return the utterances of a NeMo manifest, each with an id of its own.

    Raises:
        ManifestError: a line is malformed, or an id that it gives comes twice.
    """
    rows = read_json_lines(path)
    uses = Counter(row.get("audio_filepath") for _, row in rows if not row.get("id"))
    utterances: dict[str, Utterance] = {}
    for number, row in rows:
        utterance = parse_row(_with_id(row, uses), path, number)
        if utterance.id in utterances:
            raise ManifestError(f"{path}:{number}: id {utterance.id!r} appears twice: give each line its own id")
        utterances[utterance.id] = utterance
    return list(utterances.values())


def _with_id(row: dict[str, Any], uses: Counter[Any]) -> dict[str, Any]:
    """Return the row with an id, if it can have one: what is wrong with others is told by `parse_row`."""
    audio = row.get("audio_filepath")
    if row.get("id") or not isinstance(audio, str):
        return row
    stem = Path(audio).with_suffix("").as_posix().lstrip("/")
    return row | {"id": f"{stem}-{row.get('offset') or 0:g}" if uses[audio] > 1 else stem}


CORPUS = Corpus(
    name="nemo",
    hours=None,
    licence="",
    summary="importer: --from a NeMo manifest, or a folder of them",
    prepare=prepare,
)
