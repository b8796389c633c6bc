from types import SimpleNamespace

import pytest

from asr.transcribe.batch import Task, transcribe_tasks
from asr.transcribe.source import Source
from asr.transcribe.transcript import Transcript


def test_a_disk_that_is_full_stops_what_is_under_way():
    stopped = []

    def transcribe_all(audios, **options):
        try:
            yield from [Transcript("a.wav", 1.0, "A", (), "en", "fake")] * len(audios)
        finally:
            stopped.append(True)

    def write(transcript):
        raise OSError("no space left")

    tasks = [Task(Source.of("a.wav"), write)] * 2
    with pytest.raises(OSError, match="no space left"):  # whose frames are still there
        transcribe_tasks(SimpleNamespace(transcribe_all=transcribe_all), tasks)
    assert stopped
