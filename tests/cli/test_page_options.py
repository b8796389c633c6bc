import json
import shutil

import pytest

from asr.cli import main


@pytest.fixture
def scored(tmp_path, data):
    """Return a manifest with its recordings beside it, and hypotheses, in a folder of their own."""
    folder = tmp_path / "corpus"
    shutil.copytree(data, folder)
    hypotheses = tmp_path / "hyp.txt"
    rows = [json.loads(line) for line in (folder / "an4.jsonl").read_text().splitlines()]
    hypotheses.write_text("".join(f"{row['id']} NO\n" for row in rows))
    return folder / "an4.jsonl", hypotheses


def data_of(page):
    text = page.read_text().split('id="data">')[1].split("</script>")[0]
    return json.loads(text)


def test_a_page_links_the_recordings_beside_it(scored, tmp_path, capsys):
    page = tmp_path / "out" / "report.html"
    assert main(["score", *map(str, scored), "--html", str(page)]) == 0
    links = [utterance["audio"] for utterance in data_of(page)["utterances"]]
    assert links == [f"../corpus/{name}" for name in ("an440-mjgm-b.flac", "an443-mmxg-b.wav", "an409-fcaw-b.flac")]
    assert capsys.readouterr().err == ""


def test_a_page_keeps_the_sound_when_asked(scored, tmp_path):
    page = tmp_path / "report.html"
    assert main(["score", *map(str, scored), "--html", str(page), "--embed-audio"]) == 0
    assert page.read_text().count('type="text/plain" id="sound-') == 3


def test_missing_recordings_are_a_warning_and_a_page_without_sound(scored, tmp_path, capsys):
    for path in scored[0].parent.glob("*.flac"):
        path.unlink()
    page = tmp_path / "report.html"
    assert main(["score", *map(str, scored), "--html", str(page)]) == 0
    assert "2 utterances without sound, such as an440-mjgm-b: name the folder" in capsys.readouterr().err
    assert data_of(page)["notices"] == [
        "2 utterances without sound, not found or not readable: an440-mjgm-b, an409-fcaw-b"
    ]


def test_recordings_are_found_under_another_folder(scored, tmp_path, capsys):
    scored[0].parent.rename(tmp_path / "moved")
    scored[0].parent.mkdir()
    shutil.copy(tmp_path / "moved" / "an4.jsonl", scored[0])
    page = tmp_path / "report.html"
    options = ["--html", str(page), "--audio-root", str(tmp_path / "moved")]
    assert main(["score", *map(str, scored), *options]) == 0
    assert data_of(page)["utterances"][0]["audio"] == "moved/an440-mjgm-b.flac"
    assert capsys.readouterr().err == ""


def test_two_systems_are_compared_on_a_page(scored, tmp_path):
    page, better = tmp_path / "report.html", tmp_path / "better.txt"
    better.write_text(scored[1].read_text().replace("an440-mjgm-b NO", "an440-mjgm-b STOP"))
    assert main(["compare", *map(str, scored), str(better), "--html", str(page)]) == 0
    assert [system["name"] for system in data_of(page)["systems"]] == ["hyp", "better"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--embed-audio"], "--embed-audio: there is no page"),
        (["--audio-root", "."], "--audio-root: there is no page"),
        (["--html", "x.html", "--audio-root", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_options_of_a_page_need_one(scored, capsys, options, message):
    assert main(["score", *map(str, scored), *options]) == 2
    assert message in capsys.readouterr().err


def test_there_may_be_no_sound_to_keep(tmp_path, capsys):
    (tmp_path / "text").write_text("a YES\n")
    texts = [str(tmp_path / "text")] * 2
    assert main(["score", *texts, "--html", str(tmp_path / "r.html"), "--embed-audio"]) == 0
    assert "no sound to keep in it: REF names no sound files" in capsys.readouterr().err
