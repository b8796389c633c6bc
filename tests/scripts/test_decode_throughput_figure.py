"""The figure of throughput, from made-up results; the script is run as its users run it."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

FIGURE = Path(__file__).resolve().parents[2] / "scripts" / "decode_throughput_figure.py"


def row(case: str, name: str, speed: float) -> dict:
    return {"case": case, "contender": name, "frames_per_second": speed, "beam_size": 100, "order": 3, "words": 52_000}


def test_the_figure_shows_each_contender_against_beam_order_and_words(tmp_path):
    rows = [row(f"beam-{n}", name, 1e6 / n) | {"beam_size": n} for n in (10, 100) for name in ("ours", "flashlight")]
    rows += [row(f"order-{n}", "ours", 1e4) | {"order": n} for n in (1, 2, 3)]
    rows += [row("words-1000", "ours", 1e4) | {"words": 1000}, row("start", "ours", 1.0) | {"frames_per_second": None}]
    content = {"machine": {"processor": "a processor", "cores": 2}, "results": rows}
    (tmp_path / "sweeps.json").write_text(json.dumps(content))
    command = [sys.executable, FIGURE, tmp_path / "sweeps.json", "--output", tmp_path / "figure.svg"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    text = " ".join(ElementTree.parse(tmp_path / "figure.svg").getroot().itertext())
    labels = ("frames a second", "beam width", "order of the language model", "words of the lexicon", "flashlight")
    for label in (*labels, "a processor, one core"):
        assert label in text
