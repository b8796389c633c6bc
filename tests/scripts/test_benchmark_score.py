"""The benchmark of scoring on few words: that every contender runs and what is written, never how fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "benchmark.py"


@pytest.mark.slow
def test_every_contender_scores_the_same_words(tmp_path):
    command = [sys.executable, SCRIPT, "score", "--words", "300", "--repeats", "1", "--json", tmp_path / "result.json"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    content = json.loads((tmp_path / "result.json").read_text())
    assert [row["contender"] for row in content["results"]] == ["ours", "ours_sclite", "jiwer"]
    assert all(row["words_per_second"] > 0 and row["case"] == "300 words" for row in content["results"])
    assert "words_per_second" in result.stdout
