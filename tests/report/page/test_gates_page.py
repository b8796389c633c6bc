"""The page of gates in a real browser."""

import numpy as np
import pytest

from asr.decoding.hypothesis import Word
from asr.manifest import Utterance
from asr.report.gates import WatchedLayer, WatchedUtterance
from asr.report.page.gates_data import gates_page

pytestmark = pytest.mark.slow
HOSTILE = "</script><b>'\"&"


def test_gates_are_drawn_below_the_words_in_black_and_white(visit, tmp_path):
    gate = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])  # [T, H]
    layer = WatchedLayer(2, True, 0.04, {"forget gate": gate, "cell": np.zeros((3, 2)), "output": np.zeros((3, 2))})
    words = (Word(HOSTILE, 0.0, 0.06, 0.9), Word("NO", 0.06, 0.12, 0.9))
    frames = np.random.default_rng(0).normal(size=(12, 5))
    watched = WatchedUtterance(Utterance("a", tmp_path, 0.12, f"{HOSTILE} NO"), words, frames, 0.01, (layer,))
    path = tmp_path / "gates.html"
    path.write_text(gates_page(watched, "a run", ["asr", "report"]))
    page = visit(path)
    assert page.locator("h2").first.inner_text() == "Layer 2, backward: from the last frame to the first"
    spans = page.locator("#layer-0 .words-strip > span")
    assert spans.all_inner_texts() == [HOSTILE, "NO"]
    left, right = (spans.nth(number).bounding_box() for number in range(2))
    assert left["x"] + left["width"] == pytest.approx(right["x"], abs=1)
    gates = "document.querySelector('canvas[aria-label=\"forget gate\"]').getContext('2d')"
    values = page.evaluate(f"[...{gates}.getImageData(0, 0, 3, 2).data]")
    shades = np.array(values).reshape(2, 3, 4)[..., 0]
    assert shades.tolist() == [[0, 0, 0], [255, 255, 0]]  # open is black; the unit that is most open stands above
