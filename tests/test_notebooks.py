"""The notebooks of docs/ are run, cell by cell, with a model that has learned next to nothing."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "docs" / "notebooks").glob("*.ipynb"))
_LARGEST = 200_000  # bytes, with outputs


def code_of(notebook: Path) -> list[str]:
    """Return the code cells of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_has_text_before_each_cell_of_code(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    kinds = [cell["cell_type"] for cell in content["cells"]]
    assert kinds == ["markdown", "code"] * (len(kinds) // 2)
    assert len({cell["id"] for cell in content["cells"]}) == len(kinds)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert notebook.stat().st_size < _LARGEST


def test_transcribing_goes_from_a_clip_to_a_long_recording(pretrained, monkeypatch, capsys):
    plt = pytest.importorskip("matplotlib.pyplot", reason="draws")
    plt.switch_backend("agg")  # shows nothing
    monkeypatch.setattr("asr.packaged.PRETRAINED", pretrained)
    (notebook,) = (path for path in NOTEBOOKS if path.stem == "transcribe")
    monkeypatch.chdir(notebook.parent)
    said: list[str] = []
    names: dict[str, object] = {}
    for number, code in enumerate(code_of(notebook)):
        exec(compile(code, f"{notebook.name}, code cell {number}", "exec"), names)
        said.append(capsys.readouterr().out)
        assert said[-1] or "plt.show()" in code
    plt.close("all")
    assert said[0].startswith("english-small on ['an409-fcaw-b.flac', 'an440-mjgm-b.flac', 'an443-mmxg-b.wav']")
    assert "failed: nowhere.wav: " in said[2]
    assert names["long"].duration > 60  # type: ignore[attr-defined]
    assert "s, told after " in said[-1]
