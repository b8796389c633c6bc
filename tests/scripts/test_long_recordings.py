"""What is measured of a long recording, with a program in the place of `asr` that says something at once."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def script(monkeypatch):
    pytest.importorskip("matplotlib", reason="draws the picture")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("long_recordings")


def test_the_seconds_are_those_of_the_command_and_not_of_scoring_it(script, tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho YES NO\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    now, score = [0.0], script.score

    def slow_score(*texts):
        now[0] += 100.0
        return score(*texts)

    monkeypatch.setattr(script, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(script, "score", slow_score)
    found = script.measured(tmp_path / "long.wav", ["YES", "YES"], tmp_path, [])
    assert (found["seconds"], found["wer"], found["words"]) == ([0.0], 0.5, 2)


def test_memory_is_in_millions_of_bytes_and_not_in_the_systems_kibibytes(script):
    assert script.peak_mb_of(SimpleNamespace(ru_maxrss=1000)) == pytest.approx(1.024)
