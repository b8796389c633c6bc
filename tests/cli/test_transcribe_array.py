"""A job array over many files: four processes, each with a part, one of which is killed and started again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from tests.cli.conftest import RATE, beeps

NUM_FILES, NUM_PARTS, KILLED = 1000, 4, 2
PATIENCE_S = 60.0


def part(number: int, run: Path, *more: str) -> list[str]:
    options = ["-o", "out", "-f", "txt", "-q", "--shard", f"{number}/{NUM_PARTS}", "--jobs", "1", "--threads", "1"]
    return [sys.executable, "-m", "asr", "transcribe", "talks", "-m", str(run), *options, *more]


def transcripts(folder: Path) -> dict[str, str]:
    """Return what is written; a process that is killed may leave a hidden file that it had not finished."""
    return {path.name: path.read_text() for path in folder.glob("[!.]*.txt")}


def wait_for_some(folder: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while not transcripts(folder):
        assert time.monotonic() < end, f"no transcript in {folder} after {PATIENCE_S:.0f} s"
        time.sleep(0.002)


@pytest.mark.slow
def test_a_thousand_files_in_four_parts_of_which_one_is_killed_and_resumed(loud_run, tmp_path):
    says = [1 + number % 3 for number in range(NUM_FILES)]
    (tmp_path / "talks").mkdir()
    for number, count in enumerate(says):
        soundfile.write(tmp_path / "talks" / f"{number:04d}.wav", beeps(count), RATE)

    first = subprocess.Popen(part(KILLED, loud_run), cwd=tmp_path)
    (tmp_path / "out").mkdir(exist_ok=True)
    wait_for_some(tmp_path / "out")
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = transcripts(tmp_path / "out")
    assert 0 < len(left) < NUM_FILES // NUM_PARTS

    others = [
        subprocess.Popen(part(number, loud_run, *(["--resume"] if number == KILLED else [])), cwd=tmp_path)
        for number in range(1, NUM_PARTS + 1)
    ]
    assert [process.wait() for process in others] == [0] * NUM_PARTS
    found = transcripts(tmp_path / "out")
    assert found == {f"{number:04d}.txt": " ".join("A" * count) + "\n" for number, count in enumerate(says)}
    assert left.items() <= found.items()
