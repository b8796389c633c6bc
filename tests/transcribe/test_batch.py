import errno
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


@pytest.mark.parametrize("name", ["ENAMETOOLONG", "EISDIR", "ENOTDIR", "EEXIST", "EACCES"])
def test_what_is_wrong_with_one_file_costs_the_others_nothing(name):
    found = [Transcript("a.wav", 1.0, "A", (), "en", "fake"), Transcript("b.wav", 2.0, "A", (), "en", "fake")]
    told = []

    def refuse(transcript):
        raise OSError(getattr(errno, name), "not that name", "a.txt")

    result = transcribe_tasks(
        SimpleNamespace(transcribe_all=lambda audios, **options: (one for one in found)),
        [Task(Source.of("a.wav"), refuse), Task(Source.of("b.wav"), lambda transcript: None)],
        on_done=lambda task, outcome, result: told.append(outcome),
    )
    assert (result.num_done, result.num_failed, result.audio_seconds) == (1, 1, 2.0)
    assert (str(told[0]), told[1]) == ("a.txt: cannot be written: not that name", found[1])
