"""The figure of trainings, from histories as asr train writes them; the script is run as its users run it."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

FIGURE = Path(__file__).resolve().parents[2] / "scripts" / "training_figure.py"


def write_run(folder: Path, *, rate: str | None, epochs: int = 3) -> None:
    folder.mkdir()
    timing = {"seconds": 1.0, "frames_per_second": 100.0, "data_wait": 0.0}
    rows = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "step": epoch, "loss": 9 / epoch, "learning_rate": 0.1, "samples": [], "timing": timing}
        rows.append(row | ({"val_loss": 8 / epoch, rate: 1 / epoch} if rate else {}))
    (folder / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def drawn(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, FIGURE, *arguments], capture_output=True, text=True, check=False)


def test_every_training_has_its_losses_and_its_error_rate(tmp_path):
    write_run(tmp_path / "characters", rate="wer")
    write_run(tmp_path / "phones", rate="per")
    write_run(tmp_path / "no_development_set", rate=None)
    folders = [tmp_path / name for name in ("characters", "phones", "no_development_set")]
    result = drawn(*folders, "--output", tmp_path / "curves.svg")
    assert result.returncode == 0, result.stderr
    texts = list(ElementTree.parse(tmp_path / "curves.svg").getroot().itertext())
    for label in ("characters: training", "characters: development", "characters: WER", "phones: PER",
                  "no_development_set: training"):  # fmt: skip
        assert label in texts
    assert not {"no_development_set: development", "no_development_set: WER"} & set(texts)


def test_more_trainings_than_can_be_told_apart_are_refused(tmp_path):
    result = drawn(*[tmp_path] * 5, "--output", tmp_path / "curves.svg")
    assert result.returncode == 2
    assert "5 trainings: 4 at most" in result.stderr
