"""Which file each input's transcript goes to, settled before any work starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asr.errors import TranscriptionError


@dataclass(frozen=True, slots=True)
class Job:
    """One input and the files to write for it, by format."""

    audio: Path
    outputs: dict[str, Path]


def plan_outputs(inputs: Sequence[Path], folder: Path, formats: Sequence[str]) -> list[Job]:
    """Return what is written where: each input's stem with the format as suffix.

    Raises:
        TranscriptionError: an input is given twice, two would write one file, or an output would replace an input.
    """
    jobs = [Job(path, {name: folder / f"{path.stem}.{name}" for name in formats}) for path in inputs]
    writer: dict[Path, Path] = {}
    sources = {path.resolve() for path in inputs}
    for job in jobs:
        for output in job.outputs.values():
            place = output.resolve()
            if place in writer and writer[place].resolve() == job.audio.resolve():
                raise TranscriptionError(f"{job.audio}: given twice: name each file once")
            if place in writer:
                raise TranscriptionError(
                    f"{output}: both {writer[place]} and {job.audio} would write it: "
                    f"transcribe them into two folders (-o), or rename one"
                )
            if place in sources:
                raise TranscriptionError(f"{output}: would replace an input: name another folder (-o)")
            writer[place] = job.audio
    return jobs


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
    there = [output for job in jobs for output in job.outputs.values() if output.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise TranscriptionError(
            f"{there[0]}{more}: there already: replace them (--overwrite) or do only what is left (--resume)"
        )
    return list(jobs)
