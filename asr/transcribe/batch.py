"""Many recordings transcribed one after another, each written as soon as it is there."""

import errno
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from asr.errors import OutputError
from asr.transcribe.recognise import Failure
from asr.transcribe.source import Source
from asr.transcribe.transcriber import Transcriber
from asr.transcribe.transcript import Transcript

# What is wrong with one file's name, or with the folder that it is to lie in.
_OF_ONE_FILE = (errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EACCES)


@dataclass(frozen=True, slots=True)
class Task:
    """A recording, and what is done with its transcript."""

    source: Source
    write: Callable[[Transcript], None]


@dataclass(slots=True)
class BatchResult:
    """What transcribing came to.

    Attributes:
        num_done: recordings written.
        num_failed: recordings that were not.
        num_low_confidence: of those written, in how many the model was lost.
        audio_seconds: length of those written.
        seconds: time that it took.
    """

    num_done: int = 0
    num_failed: int = 0
    num_low_confidence: int = 0
    audio_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work a second of audio; None where nothing was transcribed."""
        return self.seconds / self.audio_seconds if self.audio_seconds else None


def transcribe_tasks(
    transcriber: Transcriber,
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    on_done: Callable[[Task, Transcript | Failure | OutputError, BatchResult], None] = lambda task, found, result: None,
    on_heard: Callable[[Source, float], None] = lambda source, seconds: None,
) -> BatchResult:
    """Transcribe recordings and write what was found; a recording that fails costs the others nothing.

    Args:
        transcriber: that does it.
        tasks: recordings in the order in which they are done.
        jobs: threads that read and search.
        on_done: called after each, with the result so far.
        on_heard: as `Transcriber.transcribe_all`.
    """
    result = BatchResult()
    start = time.perf_counter()
    found = transcriber.transcribe_all([task.source for task in tasks], jobs=jobs, on_heard=on_heard)
    with closing(found):  # at once where a file cannot be written
        for task, transcript in zip(tasks, found, strict=True):
            done = _written(task, transcript) if isinstance(transcript, Transcript) else transcript
            if isinstance(done, Transcript):
                result.num_done += 1
                result.num_low_confidence += done.low_confidence
                result.audio_seconds += done.duration
            else:
                result.num_failed += 1
            result.seconds = time.perf_counter() - start
            on_done(task, done, result)
    return result


def _written(task: Task, transcript: Transcript) -> Transcript | OutputError:
    """Write a transcript, or return what is wrong with its file alone; a full disk would meet the others, too."""
    try:
        task.write(transcript)
    except OSError as error:
        if error.errno not in _OF_ONE_FILE:
            raise
        return OutputError(f"{error.filename}: cannot be written: {error.strerror}")
    return transcript
