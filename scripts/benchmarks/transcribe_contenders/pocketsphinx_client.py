"""PocketSphinx with the model of English that comes with it, in processes of whatever environment has it."""

from pathlib import Path

from benchmarks.served import Served
from benchmarks.transcribe_task import Task

SERVER = Path(__file__).with_name("pocketsphinx_server.py")


def build(task: Task, name: str, python: Path) -> Served:
    """Return what transcribes all recordings: see the package."""
    return Served("pocketsphinx", [python, SERVER, task.recordings, task.texts, str(task.cores), name])
