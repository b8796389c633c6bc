import json
import shutil

import pytest

from asr.cli import main


@pytest.fixture
def manifest(data, tmp_path):
    """Return a manifest of the three real words, one file that is broken, and one text that cannot be spelled."""
    for path in data.glob("an4*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "broken.wav").write_text("not a sound")
    path = tmp_path / "an4.jsonl"
    rows = [
        {"id": "broken", "audio_filepath": "broken.wav", "duration": 1.0, "text": "GO"},
        {"id": "folder/odd", "audio_filepath": "an443-mmxg-b.wav", "duration": 0.0, "text": "ÆON"},
    ]
    path.write_text(path.read_text() + "".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_manifest_becomes_ctm_and_failures_are_named(tiny_run, manifest, tmp_path, capsys):
    output = tmp_path / "out" / "words.ctm"
    assert main(["align", str(tiny_run), str(manifest), "--format", "ctm", "--output", str(output)]) == 1
    error = capsys.readouterr().err
    assert "asr: broken: " in error and "asr: folder/odd: character 'Æ'" in error and "3 utterances, 2 failed" in error
    rows = [line.split() for line in output.read_text().splitlines()]
    assert [(row[0], row[4]) for row in rows] == [
        ("an440-mjgm-b", "STOP"),
        ("an443-mmxg-b", "NO"),
        ("an409-fcaw-b", "GO"),
    ]
    assert all(float(row[2]) >= 0 and float(row[3]) > 0 and 0 <= float(row[5]) <= 1 for row in rows)


def test_a_manifest_becomes_a_folder_of_textgrids(tiny_run, data, tmp_path, capsys):
    manifest, folder = str(data / "an4.jsonl"), tmp_path / "grids"
    assert main(["align", str(tiny_run), manifest, "--format", "textgrid", "--output", str(folder)]) == 0
    assert "3 utterances, 0 failed" in capsys.readouterr().err
    assert {path.name for path in folder.iterdir()} == {
        "an440-mjgm-b.TextGrid",
        "an443-mmxg-b.TextGrid",
        "an409-fcaw-b.TextGrid",
    }
    assert 'text = "STOP"' in (folder / "an440-mjgm-b.TextGrid").read_text()


@pytest.mark.parametrize(
    ("name", "output_format", "output", "message"),
    [
        ("../a", "textgrid", "grids", "no name for a file"),
        ("a b", "ctm", "words.ctm", "cannot be a name in CTM"),
        ("a", "ctm", "m.jsonl", "is read by this command"),
        ("a", "textgrid", "m.jsonl", "a file: name a folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(name, output_format, output, message, tmp_path, capsys):
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(json.dumps({"id": name, "audio_filepath": "a.wav", "duration": 1.0, "text": "A"}) + "\n")
    before = manifest.read_bytes()
    command = ["align", "nowhere", str(manifest), "--format", output_format, "--output", str(tmp_path / output)]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("asr: ") and error.count("\n") == 1
    assert manifest.read_bytes() == before and list(tmp_path.iterdir()) == [manifest]
