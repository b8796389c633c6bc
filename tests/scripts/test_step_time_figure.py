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


def test_the_figure_shows_both_sweeps_and_how_far_the_last_point_is_from_proportion(tmp_path):
    rows = [row(f"frames-{n}", n, 16, n / 100) for n in (100, 200, 400)]
    rows += [row(f"batch-{n}", 400, n, n**2) for n in (4, 8)]  # grows too fast
    content = {"machine": {"processor": "a processor", "cores": 2}, "results": [*rows, row("a", 400, 16, 1.0)]}
    (tmp_path / "growth.json").write_text(json.dumps(content))
    command = [sys.executable, FIGURE, tmp_path / "growth.json", "--output", tmp_path / "figure.svg"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "ours, seconds against longest: 4.00 x for 4 x, last point +0.0%" in result.stdout
    assert (
        "ours, seconds against batch: 4.00 x for 2 x, last point +11.1%" in result.stdout
    )  # 8 / (4^3 + 8^3) * (4^2 + 8^2)
    text = " ".join(ElementTree.parse(tmp_path / "figure.svg").getroot().itertext())
    for label in ("seconds a step", "frames an utterance", "utterances a batch", "MB", "a processor, 2 cores"):
        assert label in text
