import json
from pathlib import Path

import pytest

from asr.decoding.hypothesis import Word
from asr.errors import ManifestError
from asr.transcribe.pred_text import PredTexts, read_rows
from tests.transcribe.transcripts import transcript_of

ROW = {"audio_filepath": "a.wav", "text": "Really?", "room": "kitchen", "duration": 1.5, "offset": 2}


def manifest(folder, *rows):
    path = folder / "m.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def said(word):
    return transcript_of([Word(word, 0.0, 1.0, 0.9)], 1.0)


def test_a_line_comes_back_as_it_was_with_what_was_found(tmp_path):
    (row,) = read_rows(manifest(tmp_path, ROW), tmp_path)
    assert json.loads(row.line("YES")) == {"id": "a", **ROW, "pred_text": "YES"}
    assert (row.source.path, row.source.offset, row.source.duration) == (tmp_path / "a.wav", 2.0, 1.5)


def test_a_line_needs_neither_text_nor_duration(tmp_path):
    (row,) = read_rows(manifest(tmp_path, {"audio_filepath": "a.wav", "channel": 1}), tmp_path)
    assert json.loads(row.line("")) == {"id": "a", "audio_filepath": "a.wav", "channel": 1, "pred_text": ""}
    assert (row.source.duration, row.source.channel) == (None, 1)


def test_paths_name_the_same_file_wherever_the_manifest_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = manifest(tmp_path, {"audio_filepath": "day/a.wav"}, {"audio_filepath": "/sounds/b.wav"})

    def paths(folder):
        return [json.loads(row.line(""))["audio_filepath"] for row in read_rows(Path("m.jsonl"), folder)]

    assert paths(Path()) == paths(path.parent) == ["day/a.wav", "/sounds/b.wav"]
    assert paths(Path("day")) == ["a.wav", "/sounds/b.wav"]
    assert paths(Path("out")) == paths(None) == [str(tmp_path / "day/a.wav"), "/sounds/b.wav"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [([ROW, ROW], ":2: id 'a' is there twice"), ([{"text": "A"}], ":1: key 'audio_filepath' is missing")],
)
def test_a_manifest_that_cannot_be_read_says_where(rows, message, tmp_path):
    with pytest.raises(ManifestError, match=message):
        read_rows(manifest(tmp_path, *rows), tmp_path)


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    rows = read_rows(manifest(tmp_path, *({"audio_filepath": f"{name}.wav"} for name in "abc")), tmp_path)
    output = tmp_path / "out" / "m.jsonl"
    first = PredTexts(rows, output, resume=False)
    first.add(rows[0], said("ONE"))
    first.add(rows[1], said("TWO"))
    (kept,) = output.parent.iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])  # killed while it was written

    second = PredTexts(rows, output, resume=True)
    assert [row.id for row in second.left] == ["b", "c"]
    second.add(rows[2], said("THREE"))
    second.finish()
    found = [json.loads(line) for line in output.read_text().splitlines()]
    # b failed, and a line without pred_text would be scored by its reference
    assert [(row["id"], row["pred_text"]) for row in found] == [("a", "ONE"), ("c", "THREE")]
    assert list(output.parent.iterdir()) == [output]


def test_lines_that_an_output_lacks_are_done_and_it_is_whole_then(tmp_path):
    rows = read_rows(manifest(tmp_path, *({"audio_filepath": f"{name}.wav"} for name in "abc")), tmp_path)
    output = tmp_path / "out" / "m.jsonl"
    first = PredTexts(rows, output, resume=False)
    first.add(rows[0], said("ONE"))
    first.add(rows[2], said("THREE"))
    first.finish()

    second = PredTexts(rows, output, resume=True)
    assert [row.id for row in second.left] == ["b"] and not second.is_done
    second.add(rows[1], said("TWO"))
    second.finish()
    assert [json.loads(line)["pred_text"] for line in output.read_text().splitlines()] == ["ONE", "TWO", "THREE"]
    assert PredTexts(rows, output, resume=True).is_done


def test_an_interrupted_run_that_was_to_replace_an_output_is_not_mixed_with_it(tmp_path):
    rows = read_rows(manifest(tmp_path, *({"audio_filepath": f"{name}.wav"} for name in "ab")), tmp_path)
    output = tmp_path / "out" / "m.jsonl"
    old = PredTexts(rows, output, resume=False)
    for row in rows:
        old.add(row, said("OLD"))
    old.finish()
    PredTexts(rows, output, resume=False).add(rows[0], said("NEW"))  # --overwrite, interrupted

    resumed = PredTexts(rows, output, resume=True)
    assert [row.id for row in resumed.left] == ["b"]
    resumed.add(rows[1], said("NEW"))
    resumed.finish()
    assert [json.loads(line)["pred_text"] for line in output.read_text().splitlines()] == ["NEW", "NEW"]


def test_an_output_of_another_manifest_is_not_gone_on_with(tmp_path):
    rows = read_rows(manifest(tmp_path, ROW), tmp_path)
    (tmp_path / "n.jsonl").write_text('{"id": "b", "audio_filepath": "b.wav", "pred_text": "MINE"}\n')
    with pytest.raises(ManifestError, match=r"n\.jsonl:1: id 'b' is not among those to transcribe"):
        PredTexts(rows, tmp_path / "n.jsonl", resume=True)


def test_a_start_that_fails_costs_an_interrupted_run_nothing(tmp_path):
    rows = read_rows(manifest(tmp_path, ROW), tmp_path)
    output = tmp_path / "out" / "m.jsonl"
    PredTexts(rows, output, resume=False)
    assert not output.parent.exists()
    PredTexts(rows, output, resume=False).add(rows[0], said("A"))
    PredTexts(rows, output, resume=False)  # and then the model does not load
    assert not PredTexts(rows, output, resume=True).left


def test_without_resume_everything_is_done_again(tmp_path):
    rows = read_rows(manifest(tmp_path, ROW), tmp_path)
    PredTexts(rows, tmp_path / "n.jsonl", resume=False).add(rows[0], said("A"))
    assert len(PredTexts(rows, tmp_path / "n.jsonl", resume=False).left) == 1
