"""Which file each input's transcript goes to, settled before any work starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr.errors import TranscriptionError
from asr.files import write_atomically
from asr.transcribe.formats import FORMATS, FormatOptions
from asr.transcribe.parts import part_name
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


def plan_outputs(sources: Sequence[Source], folder: Path, formats: Sequence[str]) -> list[Job]:
    """Return what is written where: each input's place below the folder, with the format's suffix.

    Raises:
        TranscriptionError: an input is given twice, two would write one file, or an output would replace an input.
    """
    jobs = [Job(source, {name: _output(folder, source, name) for name in formats}) for source in sources]
    written: dict[Path, Source] = {}
    read = {source.path.resolve() for source in sources}
    for job in jobs:
        for output in job.outputs.values():
            place = output.resolve()
            if place in written:
                raise _both(output, written[place], job.source)
            if place in read:
                raise TranscriptionError(f"{output}: would replace an input: name another folder (-o)")
            written[place] = job.source
    return jobs


def _output(folder: Path, source: Source, name: str) -> Path:
    return (folder / source.place).with_name(f"{source.place.name}.{FORMATS[name].suffix}")


def _both(output: Path, first: Source, second: Source) -> TranscriptionError:
    if first.path.resolve() == second.path.resolve():
        return TranscriptionError(f"{second.name}: given twice: name each file once")
    return TranscriptionError(
        f"{output}: both {first.name} and {second.name} would write it: "
        f"transcribe them into two folders (-o), or rename one"
    )


def plan_manifests(manifests: Sequence[Path], folder: Path, part: tuple[int, int]) -> dict[Path, Path]:
    """Return where each manifest, or the part of it, is written back: under its own name in the folder.

    Raises:
        TranscriptionError: two have one name, or one would be replaced by itself.
    """
    outputs = {manifest: folder / part_name(manifest.name, part) for manifest in manifests}
    read = {manifest.resolve() for manifest in manifests}
    written: dict[Path, Path] = {}
    for manifest, output in outputs.items():
        if output.resolve() in read:
            raise TranscriptionError(f"{output}: would replace an input: name another folder (-o)")
        if output in written:
            raise TranscriptionError(f"{output}: both {written[output]} and {manifest} would write it: rename one")
        written[output] = manifest
    return outputs


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
        return [job for job in jobs if not all(output.exists() for output in job.outputs.values())]
    if not overwrite:
        check_absent([output for job in jobs for output in job.outputs.values()])
    return list(jobs)


def check_absent(outputs: Sequence[Path]) -> None:
    """Check that no output is there yet.

    Raises:
        TranscriptionError: one is.
    """
    there = [output for output in outputs if output.exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise TranscriptionError(
            f"{there[0]}{more}: there already: replace them (--overwrite) or do only what is left (--resume)"
        )
