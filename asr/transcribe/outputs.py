"""Which file each input's transcript goes to, settled before any work starts."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from asr.errors import TranscriptionError
from asr.files import write_atomically
from asr.transcribe.formats import FORMATS, FormatOptions
from asr.transcribe.parts import part_name, part_of
from asr.transcribe.source import Source
from asr.transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Job:
    """One input and the files to write for it, by format."""

    source: Source
    outputs: dict[str, Path]

    def write(self, transcript: Transcript, options: FormatOptions) -> None:
        """Write all files, each whole or not at all."""
        for name, path in self.outputs.items():
            write_atomically(path, FORMATS[name].render(transcript, options).encode())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written.

    Attributes:
        jobs: the recordings of the part that is to be done.
        manifests: where each manifest, or the part of it, is written back.
    """

    jobs: list[Job]
    manifests: dict[Path, Path]


class _Output(NamedTuple):
    """A file to write, what messages call the input that it is made of, and that input's path."""

    path: Path
    name: str
    input: Path


def plan_outputs(
    sources: Sequence[Source],
    folder: Path,
    formats: Sequence[str],
    *,
    manifests: Sequence[Path] = (),
    part: tuple[int, int] = (1, 1),
) -> Plan:
    """Return what is written where: each input's place below the folder, with the format's suffix or a manifest's name.

    Args:
        sources: the recordings of all parts. A part has consecutive files, each with all its channels.
        folder: where all is written.
        formats: of the recordings that are no lines of manifests.
        manifests: those of which each part does some lines.
        part: i of n, counted from 1. All parts are looked at, so that each refuses what two of them would write.

    Raises:
        TranscriptionError: an input is given twice, two would write one file, or an output would replace an input.
    """
    jobs = [Job(source, {name: _output(folder, source, name) for name in formats}) for source in sources]
    number, total = part
    written_back = {
        manifest: [folder / part_name(manifest.name, (one, total)) for one in range(1, total + 1)]
        for manifest in manifests
    }
    outputs = [_Output(output, job.source.name, job.source.path) for job in jobs for output in job.outputs.values()]
    for manifest in manifests:
        outputs += [_Output(output, str(manifest), manifest) for output in written_back[manifest]]
    _check_apart(outputs, [*(source.path for source in sources), *manifests])
    files = set(part_of(list(dict.fromkeys(source.path for source in sources)), part))
    return Plan(
        [job for job in jobs if job.source.path in files],
        {manifest: outputs[number - 1] for manifest, outputs in written_back.items()},
    )


def _output(folder: Path, source: Source, name: str) -> Path:
    return (folder / source.place).with_name(f"{source.place.name}.{FORMATS[name].suffix}")


def _check_apart(outputs: Iterable[_Output], inputs: Iterable[Path]) -> None:
    """Check that no two outputs are one file, and none an input."""
    written: dict[str, _Output] = {}
    read = {_place(path) for path in inputs}
    for output in outputs:
        place = _place(output.path)
        if place in written:
            raise _both(written[place], output)
        if place in read:
            raise TranscriptionError(f"{output.path}: would replace an input: name another folder (-o)")
        written[place] = output


def _place(path: Path) -> str:
    """Return what is the same for all names of one file, also of one that is not there yet."""
    place = os.path.realpath(path)
    # Its file systems tell neither case nor Unicode's forms apart, unless they were made to.
    return unicodedata.normalize("NFC", place).casefold() if sys.platform == "darwin" else place


def _both(first: _Output, second: _Output) -> TranscriptionError:
    if os.path.realpath(first.input) == os.path.realpath(second.input):
        return TranscriptionError(f"{second.name}: given twice: name each file once")
    return TranscriptionError(
        f"{second.path}: both {first.name} and {second.name} would write it: "
        f"transcribe them into two folders (-o), or rename one"
    )


def select_jobs(jobs: Sequence[Job], *, overwrite: bool, resume: bool) -> list[Job]:
    """Return the jobs that are to be done.

    Args:
        jobs: all of them.
        overwrite: outputs that are there are replaced.
        resume: jobs whose outputs are all there are done already; the others are done whole.

    Raises:
        TranscriptionError: an output is there and neither option says what to do.
    """
    if resume:
        return [job for job in jobs if not all(os.path.isfile(output) for output in job.outputs.values())]
    if not overwrite:
        check_absent([output for job in jobs for output in job.outputs.values()])
    return list(jobs)


def check_absent(outputs: Sequence[Path]) -> None:
    """Check that no output is there yet.

    Raises:
        TranscriptionError: one is.
    """
    there = [output for output in outputs if os.path.exists(output)]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise TranscriptionError(
            f"{there[0]}{more}: there already: replace them (--overwrite) or do only what is left (--resume)"
        )


def check_writable(folder: Path) -> None:
    """Check that files can be written into a folder, or that it can be made.

    Raises:
        TranscriptionError: they cannot, or it cannot.
    """
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not os.path.isdir(there):
        raise TranscriptionError(f"{folder}: {there.name} is no folder: name another (-o)")
    if not os.access(there, os.W_OK | os.X_OK):
        raise TranscriptionError(f"{folder}: must not be written: name another folder (-o), or change its permissions")
