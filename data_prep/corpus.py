"""What a corpus is to the rest of the program, and the steps that every corpus ends with.

A corpus module knows where its files and transcripts are. It returns utterances with a duration of zero; here they get
the duration of their audio, and become manifests.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar

from asr.audio import audio_duration
from asr.errors import AudioError, ManifestError
from asr.manifest import Utterance, write_manifest

Report: TypeAlias = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class WrittenManifest:
    """A manifest that `prepare` wrote, with its size."""

    path: Path
    num_utterances: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Preparation:
    """What `prepare` did: manifests written, and utterances left out with the reason."""

    manifests: tuple[WrittenManifest, ...]
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus that can be prepared.

    Attributes:
        name: as on the command line.
        hours: of speech; None for an importer.
        licence: of recordings and text; empty for an importer.
        summary: what it is, in a few words.
        prepare: ``(folder, source, report)``: write manifests into ``folder``, from an archive or unpacked folder
            ``source``, or from a download when that is None.
    """

    name: str
    hours: float | None
    licence: str
    summary: str
    prepare: Callable[[Path, Path | None, Report], Preparation]


def finish(
    folder: Path, splits: Mapping[str, Sequence[Utterance]], failures: Mapping[str, str], report: Report
) -> Preparation:
    """Measure the utterances of each split and write ``folder/NAME.jsonl`` for each; none when one would be empty.

    Args:
        folder: where the manifests go.
        splits: utterances by the name of their manifest, their duration 0 where the audio has to tell.
        failures: utterances that are already known to be unusable, with the reason.
        report: told of progress.

    Raises:
        ManifestError: a split has no utterance that can be used.
    """
    failures = dict(failures)
    usable: dict[str, list[Utterance]] = {}
    for name, utterances in splits.items():
        usable[name], unreadable = sift(_measured, utterances, f"reading {name}", report)
        failures |= unreadable
        if not usable[name]:
            reasons = f" (of {len(failures)} failures the first: {next(iter(failures.values()))})" if failures else ""
            raise ManifestError(f"{folder / name}.jsonl: no utterance could be used{reasons}: check --from")
    return Preparation(tuple(_write(folder / f"{name}.jsonl", usable[name]) for name in usable), failures)


def by_manifest_name(sources: Iterable[Path]) -> dict[str, Path]:
    """Return each table or data folder by the name that its manifest gets.

    Raises:
        ManifestError: two would become one manifest.
    """
    named: dict[str, Path] = {}
    for path in sources:
        name = path.stem if path.is_file() else path.resolve().name
        if name in named:
            raise ManifestError(f"{path}: would become {name}.jsonl, and so would {named[name]}: name one with --from")
        named[name] = path
    return named


def _write(path: Path, utterances: Sequence[Utterance]) -> WrittenManifest:
    write_manifest(path, utterances)
    return WrittenManifest(path, len(utterances), sum(utterance.duration for utterance in utterances))


def sift(
    function: Callable[[Utterance], Utterance], utterances: Sequence[Utterance], what: str, report: Report
) -> tuple[list[Utterance], dict[str, str]]:
    """Return what ``function`` makes of each utterance, and by id the messages where it raises AudioError."""

    def attempt(utterance: Utterance) -> Utterance | str:
        try:
            return function(utterance)
        except AudioError as error:
            return str(error)

    results = in_parallel(attempt, utterances, what, report)
    pairs = zip(utterances, results, strict=True)
    failures = {utterance.id: result for utterance, result in pairs if isinstance(result, str)}
    return [result for result in results if not isinstance(result, str)], failures


def _measured(utterance: Utterance) -> Utterance:
    """Return the utterance with its duration, which ends with the file where it is not known yet."""
    path = utterance.audio_filepath
    if not utterance.duration:
        duration = round(audio_duration(path) - utterance.offset, 4)
        if duration <= 0:
            raise AudioError(f"{path}: ends before the utterance starts, at {utterance.offset:g} s: mend the source")
        return replace(utterance, duration=duration)
    if not path.is_file():
        raise AudioError(f"{path}: no such file: check --from")
    return utterance


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item], what: str, report: Report) -> list[Result]:
    """Return ``function`` of each item, in order, computed in threads: libsndfile and NumPy release Python's lock."""
    items = list(items)
    results: list[Result] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for result in pool.map(function, items):
                results.append(result)
                report(what, len(results), len(items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for the rest
            raise
    return results


def read_lines(path: Path) -> list[str]:
    """Return the lines of a UTF-8 text file without their ends.

    Raises:
        ManifestError: the file is missing or not UTF-8.
    """
    try:
        # Not splitlines(), which would also cut at characters that are part of a sentence.
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 text (byte {error.start}): convert it") from error
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}: check --from") from error
