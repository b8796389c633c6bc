"""The figure of how a step grows, from made-up results; the script is run as its users run it."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

FIGURE = Path(__file__).resolve().parents[2] / "scripts" / "step_time_figure.py"


def row(case: str, longest: int, batch: int, seconds: float) -> dict:
    sizes = {"longest": longest, "batch": batch}
    return {"contender": "ours", "case": case, "median": seconds, "peak_mb": 800 + seconds, "base_mb": 800, **sizes}


def test_the_figure_shows_both_sweeps_and_how_far_they_are_from_straight_lines(tmp_path):
    rows = [row(f"frames-{n}", n, 16, 2 + n / 100) for n in (100, 200, 400)]
    rows += [row(f"batch-{n}", 400, n, n**2) for n in (0, 4, 8)]  # a parabola; its line is 8 n - 16 / 3
    content = {"machine": {"processor": "a processor", "cores": 2}, "results": [*rows, row("a", 400, 16, 1.0)]}
    (tmp_path / "growth.json").write_text(json.dumps(content))
    command = [sys.executable, FIGURE, tmp_path / "growth.json", "--output", tmp_path / "figure.svg"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "ours, seconds against longest: 2 + 0.01 each, at most 0.0% of the largest" in result.stdout
    # In the middle, at 16 where the line has 26 2/3; the largest is 64.
    assert "ours, seconds against batch: -5.33 + 8 each, at most 16.7% of the largest" in result.stdout
    text = " ".join(ElementTree.parse(tmp_path / "figure.svg").getroot().itertext())
    for label in ("seconds a step", "frames an utterance", "utterances a batch", "MB", "a processor, 2 cores"):
        assert label in text
