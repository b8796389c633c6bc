import io
from pathlib import Path, PurePath

import pytest
import soundfile
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from asr.cli.transcribe_progress import BatchProgress
from asr.media import MediaFacts
from asr.transcribe.batch import BatchResult
from asr.transcribe.source import Source
from tests.cli.conftest import RATE, beeps


@pytest.fixture
def source(tmp_path) -> Source:
    path = tmp_path / "talk [b].wav"
    soundfile.write(path, beeps(9), RATE)  # 3.8 s
    return Source(path.name, path, PurePath("talk"))


def shown(progress: Progress) -> list[str]:
    """Return the lines of a display, as they are now."""
    console = Console(file=io.StringIO(), width=100)
    console.print(progress.get_renderable())
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_long_recording_has_a_line_with_its_seconds_until_it_is_done(source):
    progress = Progress(TextColumn("{task.description}"), MofNCompleteColumn())
    display = BatchProgress(progress, 2)
    display.heard(source, 1.5)
    display.heard(source, 2.5)
    assert [line.split() for line in shown(progress)] == [
        ["transcribe", "0/2"],
        ["talk", "[b].wav,", "seconds", "2/3"],
    ]
    display.done(source, BatchResult(1, audio_seconds=3.8, seconds=1.9))
    assert [line.split()[-1] for line in shown(progress)] == ["1/2"]
    assert "4 s of audio, 2.0 times as fast" in shown(progress)[0]


def test_a_recording_whose_length_only_decoding_would_tell_has_a_line_without_its_end(source, monkeypatch):
    monkeypatch.setattr("asr.transcribe.lengths.needs_pyav", lambda path: True)
    monkeypatch.setattr("asr.transcribe.lengths.media_facts", lambda path: MediaFacts(RATE, 1, None))
    progress = Progress(TextColumn("{task.description}"), MofNCompleteColumn())
    display = BatchProgress(progress, 1)
    display.heard(source, 1.5)
    assert shown(progress)[1].split()[-1] == "1/?"


def test_short_recordings_have_no_line_of_their_own():
    progress = Progress(TextColumn("{task.description}"), MofNCompleteColumn())
    display = BatchProgress(progress, 1)
    display.done(Source.of(Path("short.wav")), BatchResult(1, audio_seconds=3.0, seconds=1.0))
    assert len(shown(progress)) == 1
