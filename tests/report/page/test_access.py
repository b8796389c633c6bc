"""The pages by axe-core's rules for people who use a screen reader, a keyboard, or see little contrast."""

from pathlib import Path

import pytest

from asr.report.page.training_data import training_page
from asr.report.training import read_trainings

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]


def serious_violations(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    found = axe.Axe().run(page).response["violations"]
    assert all(one["impact"] for one in found)
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_violation_in_a_report(visit, embedded_page, colours):
    page = visit(embedded_page, "#pair=cat/hat&search=hat&utterance=rec%2Fa-1", color_scheme=colours, bypass_csp=True)
    page.wait_for_selector("canvas.spectrogram:not([hidden])")
    page.locator("summary").first.click()
    assert serious_violations(page) == []


def test_axe_finds_no_serious_violation_in_a_comparison(visit, comparison_file):
    assert serious_violations(visit(comparison_file, bypass_csp=True)) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_violation_in_a_training(visit, tmp_path, colours):
    path = tmp_path / "training.html"
    path.write_text(training_page(read_trainings([ROOT / "recipes/an4/results/greedy"], ["asr", "report"])))
    assert serious_violations(visit(path, color_scheme=colours, bypass_csp=True)) == []


def test_everything_is_reached_by_keyboard(visit, greedy_page):
    page = visit(greedy_page)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
            )
        )
    assert {"search", "show", "group", "utterances", "pair-button", "deep-link", "AUDIO", "timed hit"} <= reached
