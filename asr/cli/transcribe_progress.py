"""How far a transcription is: a line for all recordings, and one for each long recording that is being heard."""

import threading
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import Progress, TaskID

if TYPE_CHECKING:
    from asr.transcribe.batch import BatchResult
    from asr.transcribe.source import Source


class BatchProgress:
    """The lines of one batch; may be told by several threads."""

    def __init__(self, progress: Progress, num_recordings: int) -> None:
        """Add the line of all recordings."""
        self._progress = progress
        self._all = progress.add_task("transcribe", total=num_recordings)
        self._lines: dict[Source, TaskID] = {}
        self._lock = threading.Lock()

    def heard(self, source: "Source", seconds: float) -> None:
        """Tell that so many seconds of a long recording are done."""
        from asr.transcribe.lengths import known_seconds

        with self._lock:
            if source not in self._lines:
                name = f"{escape(source.title)}, seconds"
                self._lines[source] = self._progress.add_task(name, total=known_seconds(source))
            self._progress.update(self._lines[source], completed=seconds)

    def done(self, source: "Source", result: "BatchResult") -> None:
        """Tell that a recording is done, or has failed."""
        with self._lock:
            if source in self._lines:
                self._progress.remove_task(self._lines.pop(source))
        speed = result.audio_seconds / max(result.seconds, 1e-9)
        told = f"transcribe: {result.audio_seconds:.0f} s of audio, {speed:.1f} times as fast"
        self._progress.update(self._all, advance=1, description=told)
