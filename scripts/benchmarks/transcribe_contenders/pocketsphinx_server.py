"""The processes that run PocketSphinx: its environment need have nothing of this project.

    PYTHON pocketsphinx_server.py RECORDINGS TEXTS CORES CONTENDER
    PYTHON pocketsphinx_server.py FILE.wav

Each line on stdin is one pass over all recordings, answered as `benchmarks.served` has it. It computes in one thread
and holds Python's lock meanwhile, so each core has a process with a share of the recordings. With one argument it
prints the text of one file.
"""

import sys
import time
import wave
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pocketsphinx import Decoder  # pyright: ignore[reportMissingImports]

from benchmarks.served import own_peak_mb, serve
from benchmarks.transcribe_task import Task

_RATE_HZ = 16_000


class Share(NamedTuple):
    """What came of the recordings of one process."""

    texts: list[str]
    processor_seconds: float
    peak_mb: float


class Recogniser:
    """A decoder that is loaded when it is first needed, in its own process."""

    decoder: Any = None

    @classmethod
    def share(cls, paths: list[Path]) -> Share:
        """Transcribe recordings."""
        cls.decoder = cls.decoder or Decoder(samprate=_RATE_HZ, loglevel="FATAL")
        return Share([text_of(cls.decoder, path) for path in paths], time.process_time(), own_peak_mb())


def text_of(decoder: Any, path: Path) -> str:
    """Return what is said in a file; levels are normalised over all of it."""
    with wave.open(str(path)) as file:
        samples = file.readframes(file.getnframes())
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr if found else ""


def main() -> None:
    """Serve until stdin ends, or print the text of one file."""
    if len(sys.argv) == 2:
        print(*Recogniser.share([Path(sys.argv[1])]).texts, flush=True)
        return
    recordings, texts, cores, name = sys.argv[1:]
    task = Task(Path(recordings), Path(texts), int(cores))
    paths, pools = task.paths(), [ProcessPoolExecutor(1) for _ in range(task.cores)]
    shares: list[Share] = []

    def transcribe_all() -> None:
        parts = [paths[number :: task.cores] for number in range(task.cores)]
        waiting = [pool.submit(Recogniser.share, part) for pool, part in zip(pools, parts, strict=True)]
        shares[:] = [one.result() for one in waiting]
        found = {
            path: text
            for part, share in zip(parts, shares, strict=True)
            for path, text in zip(part, share.texts, strict=True)
        }
        task.write_texts(name, [found[path] for path in paths])

    serve(
        sys.stdin,
        transcribe_all,
        processor_clock=lambda: sum(share.processor_seconds for share in shares),
        peak_mb=lambda: sum(share.peak_mb for share in shares),
    )


if __name__ == "__main__":
    main()
