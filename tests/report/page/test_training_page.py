"""The page of a training in a real browser."""

import json
import math
from pathlib import Path

import pytest

from asr.report.page.training_data import training_page
from asr.report.training import read_trainings

pytestmark = pytest.mark.slow
AN4 = Path(__file__).resolve().parents[3] / "recipes" / "an4" / "results" / "greedy"


def test_a_training_is_drawn_and_its_samples_follow_the_epoch(visit, tmp_path):
    path = tmp_path / "training.html"
    path.write_text(training_page(read_trainings([AN4], ["asr", "report"])))
    page = visit(path)
    assert page.locator("figure h3").all_inner_texts()[:3] == ["Error rate", "Loss", "Learning rate"]
    (run,) = read_trainings([AN4], []).runs
    assert page.locator("output").inner_text() == f"epoch {run.best.epoch} of {len(run.records)}"
    found = page.locator(".sample").nth(1).locator(".cell").all_inner_texts()
    page.locator("#epoch").press("Home")
    assert page.locator("output").inner_text() == f"epoch 1 of {len(run.records)}"
    assert page.locator(".sample").nth(1).locator(".cell").all_inner_texts() != found


def test_a_training_that_diverged_is_drawn_with_a_gap(visit, tmp_path):
    epochs = [json.loads(line) for line in (AN4 / "history.jsonl").read_text().splitlines()[:5]]
    epochs[3] |= {"loss": math.nan, "val_loss": math.nan}
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    path = tmp_path / "training.html"
    path.write_text(training_page(read_trainings([tmp_path], ["asr", "report"])))
    page = visit(path)
    assert "diverged: its loss is not finite at epoch 4" in page.locator(".notices").inner_text()
    loss = page.locator("#curves figure").nth(1)
    corners = [line.get_attribute("points").split() for line in loss.locator("polyline").all()]
    assert [len(set(stretch)) for stretch in corners] == [3, 1, 3, 1]  # of both losses, before and after the gap


def test_several_runs_are_drawn_over_each_other(visit, tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    lines = (AN4 / "history.jsonl").read_text().splitlines()
    for folder, dropout in zip(folders, (0.1, 0.2), strict=True):
        folder.mkdir()
        (folder / "config.toml").write_text(f"[model]\ndropout = {dropout}\nlayers = 3\n")
        (folder / "history.jsonl").write_text("\n".join(lines[: round(50 * dropout)]))
    path = tmp_path / "training.html"
    path.write_text(training_page(read_trainings(folders, ["asr", "report"])))
    page = visit(path)
    assert page.locator("#curves figure").first.locator("polyline").count() == 2
    assert page.locator("#settings tbody td").all_inner_texts() == ["model.dropout", "0.1", "0.2"]
    page.locator("#epoch").press("End")
    assert "This run has no such epoch." in page.locator("#samples-slot").inner_text()
