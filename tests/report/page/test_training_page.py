"""The page of a training in a real browser."""

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
    assert page.locator("output").inner_text() == "epoch 28 of 40"  # the best one
    found = page.locator(".sample").nth(1).locator(".cell").all_inner_texts()
    page.locator("#epoch").press("Home")
    assert page.locator("output").inner_text() == "epoch 1 of 40"
    assert page.locator(".sample").nth(1).locator(".cell").all_inner_texts() != found


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
