"""The LibriSpeech recipe for real, on a small imitation of the archives' layout: two real words in each subset."""

import json
import lzma
import os
import shutil
from pathlib import Path

import pytest

SUBSETS = ("train-clean-100", "dev-clean", "dev-other", "test-clean", "test-other")
TINY = (
    "features.num_mels=20", "augment.speeds=[1.0,1.1]", "model.layers=1", "model.units=8", "train.epochs=1",
    "data.frames_per_batch=2000", "data.num_buckets=1",
)  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path, data: Path) -> Path:
    """Write five subsets, each with one speaker, who reads two of the tests' recordings."""
    entries = [json.loads(line) for line in (data / "an4.jsonl").read_text().splitlines()]
    clips = [(data / entry["audio_filepath"], entry["text"]) for entry in entries]
    clips = [(path, text) for path, text in clips if path.suffix == ".flac"]
    root = tmp_path / "LibriSpeech"
    for speaker, subset in enumerate(SUBSETS, 1000):
        chapter = root / subset / str(speaker) / "1"
        chapter.mkdir(parents=True)
        lines = []
        for number, (path, text) in enumerate(clips):
            name = f"{speaker}-1-{number:04d}"
            shutil.copyfile(path, chapter / f"{name}.flac")
            lines.append(f"{name} {text}\n")
        (chapter / f"{speaker}-1.trans.txt").write_text("".join(lines))
    return root


@pytest.mark.slow
def test_recordings_become_reports_and_results_without_a_machines_folders(checkout, asr_commands, corpus, tmp_path):
    books = checkout.root.parent / "shared" / "data" / "lm" / "books-train.txt.xz"
    books.parent.mkdir(parents=True)
    books.write_bytes(lzma.compress(b"STOP\nGO\nSTOP GO\n"))
    checkout.environment = {**os.environ}
    options = ["--data", corpus, "--work", tmp_path / "work", "--results", tmp_path / "results" / "greedy"]
    options += ["--jobs", "1", "--", *(f"--set={setting}" for setting in TINY)]
    finished = checkout.run("librispeech", *options, path=f"{asr_commands}:{os.environ['PATH']}")
    assert finished.returncode == 0, finished.stderr
    names = {
        "config.toml", "history.jsonl", "environment.json", "hypotheses.jsonl", "report.md",
        "hypotheses-test-other.jsonl", "report-test-other.md",
    }  # fmt: skip
    greedy, with_books = tmp_path / "results" / "greedy", tmp_path / "results" / "beam_lm"
    assert {path.name for path in greedy.iterdir()} == names
    assert {path.name for path in with_books.iterdir()} == names | {"decoder.json"}
    for path in [*greedy.iterdir(), *with_books.iterdir()]:
        assert str(tmp_path) not in path.read_text()
        assert str(asr_commands) not in path.read_text()
    ids = [json.loads(line)["id"] for line in (greedy / "hypotheses.jsonl").read_text().splitlines()]
    assert ids == ["1003-1-0000", "1003-1-0001"]
    assert len((greedy / "history.jsonl").read_text().splitlines()) == 1
