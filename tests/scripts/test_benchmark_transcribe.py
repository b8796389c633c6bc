"""The benchmark of whole recordings, on three words and a model that knows none: what is written, never how fast."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# A recogniser that is not there, as its own module would be: it hears one word in whatever it is given.
PEER = """
class Decoder:
    def __init__(self, **options):
        pass

    def start_utt(self):
        pass

    def process_raw(self, samples, full_utt):
        self.hypstr = "no" if samples else ""

    def end_utt(self):
        pass

    def hyp(self):
        return self
"""


@pytest.fixture
def module(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("benchmarks.transcribe")


def benchmark(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPTS / "benchmark.py", "transcribe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_a_part_of_the_utterances_is_spread_over_all(module):
    assert module.spread("ABCDEFGH", 4) == ["A", "C", "E", "G"]
    assert module.spread("ABC", None) == module.spread("ABC", 9) == ["A", "B", "C"]


def test_contenders_are_named_by_what_differs_and_compared_with_the_same_search(module):
    assert len(module.OURS) == 12
    assert module.OURS["ours_keras_greedy_single"] == module.Ours("keras", greedy=True, together=False)
    assert {one.counterpart for one in module.OURS.values()} == {"ours", "ours_greedy"}


def test_what_a_model_lacks_is_named(module, tmp_path):
    (tmp_path / "model.onnx").touch()
    assert module.OURS["ours_greedy"].missing(tmp_path, None) is None
    assert "name one with --lm" in module.OURS["ours"].missing(tmp_path, None)
    assert "model.int8.onnx: not there" in module.OURS["ours_int8"].missing(tmp_path, tmp_path / "lm")


def test_parts_of_several_starts_become_their_medians(module):
    start = importlib.import_module("benchmarks.transcribe_start")
    starts = [{"python": [seconds, seconds / 2], "model": [1.0, 1.0]} for seconds in (2.0, 6.0, 4.0)]
    assert start.medians(starts) == {"python": [4.0, 2.0], "model": [1.0, 1.0]}
    rows = [{"contender": "ours", "parts": start.medians(starts)}, {"contender": "pocketsphinx", "parts": {}}]
    assert [(row["contender"], row["part"], row["seconds"]) for row in start.part_rows(rows)] == [
        ("ours", "python", 4.0),
        ("ours", "model", 1.0),
    ]


@pytest.mark.slow
def test_contenders_transcribe_the_same_recordings_and_the_figures_fit_together(
    pretrained, data, tmp_path, monkeypatch
):
    (tmp_path / "pocketsphinx.py").write_text(PEER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = ("ours_greedy", "ours_greedy_single", "ours_int8", "pocketsphinx")
    cases = ("--case", "cores-1", "start", "--repeats", "1", "--json", "result.json")
    model = pretrained / "english-small"
    result = benchmark(data / "an4.jsonl", "--model", model, "--contenders", *names, *cases, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "result.json").read_text())
    assert list(content["left_out"]) == ["ours_int8"]
    rows = {(row["case"], row["contender"]): row for row in content["results"]}
    batch, single, peer = (rows["cores-1", name] for name in names if name != "ours_int8")
    assert (batch["other_texts"], single["other_texts"], peer["other_texts"]) == (0, 0, None)
    assert batch["utterances"] == 3 and batch["wer"] == single["wer"]
    assert peer["wer"] == pytest.approx(2 / 3)  # GO and STOP are no NO
    for row in (batch, single, peer):
        assert row["real_time_factor"] == pytest.approx(row["median"] / row["audio_seconds"], abs=1e-5)
        assert row["peak_mb"] > 0
    parts = rows["start", "ours_greedy"]["parts"]
    assert {"python", "imports", "model", "features", "network", "search and times"} == parts.keys()
    assert "| ours_greedy | model |" in result.stdout


def test_a_case_that_is_none_is_refused_in_one_line(module, data, capsys, monkeypatch):
    monkeypatch.setattr("os.environ", dict(os.environ))  # the benchmark sets it for its processes
    status = importlib.import_module("benchmark").main(["transcribe", str(data / "an4.jsonl"), "--case", "warm"])
    assert status == 2
    assert capsys.readouterr().err == "benchmark.py: --case warm: unknown: choose of cores-1, cores-2, start\n"
