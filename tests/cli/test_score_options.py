"""Options of `asr score` that tell more than rates, and inputs that were made to break it."""

import csv
import json

import pytest

from asr.cli import main

HOSTILE = {
    "../../etc/passwd": "<script>alert(1)</script>",
    "a/b\\c": "\u202eright \u05e9\u05dc\u05d5\u05dd to left",
    "[red]x[/red]": "[bold]`code` **b** | cell",
    '"><img src=x onerror=alert(1)>': "&lt;b&gt; </script><!-- -->",
    "=cmd()": "\u2028 line \u0000 end",
}


@pytest.fixture
def files(tmp_path):
    """Write a manifest of two speakers and hypotheses with confidences; return their paths."""
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 2.0, "text": f"WORD {'MORE ' * n}", "speaker": f"s{n % 2}"}
        for n in range(6)
    ]
    manifest, hypotheses = tmp_path / "m.jsonl", tmp_path / "run" / "h.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    hypotheses.parent.mkdir()
    lines = []
    for n in range(6):
        words = [
            {"word": w, "start": i * 0.1, "end": i * 0.1 + 0.1, "confidence": 0.9}
            for i, w in enumerate(["WORD", "MORES"][: n + 1])
        ]
        lines.append({"id": str(n), "text": " ".join(word["word"] for word in words), "words": words})
    hypotheses.write_text("".join(json.dumps(row) + "\n" for row in lines))
    return [str(manifest), str(hypotheses)]


def test_more_is_told_when_it_is_asked_for(files, tmp_path, capsys):
    (tmp_path / "train.txt").write_text("WORD\n")
    (tmp_path / "run" / "environment.json").write_text('{"versions": {"keras": "3.15"}}')
    out = tmp_path / "out"
    options = ["--by", "length", "--by", "speaker", "--by", "snr", "--interval-unit", "speaker", "--seed", "3"]
    options += ["--training-text", str(tmp_path / "train.txt"), "--fact", "Beam=8", "--real-time-factor", "0.25"]
    outputs = ["--json", out / "r.json", "--csv", out / "r.csv", "--trn", out / "trn", "--ctm", out / "r.ctm"]
    assert main(["score", *files, *options, *map(str, outputs), "--markdown", str(out / "r.md")]) == 0
    output = capsys.readouterr()
    assert "6 utterances without a signal to measure: 0: " in output.err
    assert "real-time factor 0.25" in output.out and "bootstrap over speakers, seed 3" in output.out
    values = json.loads((out / "r.json").read_text())
    assert values["groups"].keys() == {"length", "speaker", "snr"}
    assert values["groups"]["snr"].keys() == {"(none)"}
    assert (values["unseen_words"]["words"], values["unseen_words"]["errors"]) == (15, 15)
    assert values["calibration"]["num_words"] == 11
    assert values["facts"] == {"Trained with": "keras 3.15", "Beam": "8"}
    assert len(list(csv.DictReader((out / "r.csv").read_text().splitlines()))) == 6
    assert (out / "trn" / "ref.trn").read_text().startswith("WORD (s0-0)\n")
    assert (out / "r.ctm").read_text().startswith("0 1 0.000 0.100 WORD 0.9000\n")
    markdown = (out / "r.md").read_text()
    assert all(title in markdown for title in ("## By length", "## Confidence", "## Words of the training text"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("said.txt", "WORD\n"),
        ("said.csv", "id,text\n0,WORD\n"),
        ("said.trn", "WORD (MORE)\n"),
        ("said.jsonl", '{"id": "MORE", "text": "WORD"}\n'),
    ],
)
def test_the_training_text_has_a_form_of_references(files, tmp_path, capsys, name, content):
    (tmp_path / name).write_text(content)
    options = ["--training-text", str(tmp_path / name), "--json", str(tmp_path / "r.json")]
    assert main(["score", *files, *options]) == 0
    assert json.loads((tmp_path / "r.json").read_text())["unseen_words"]["words"] == 15


def test_weights_of_sclite_are_said(files, tmp_path, capsys):
    assert main(["score", *files, "--weights", "sclite", "--json", str(tmp_path / "r.json")]) == 0
    assert "aligned with sclite's weights" in capsys.readouterr().out
    assert json.loads((tmp_path / "r.json").read_text())["weights"] == "sclite"


def test_a_users_table_normalises_both_sides(files, tmp_path, capsys):
    (tmp_path / "my.glm").write_text("mores => more\n")
    assert main(["score", *files, "--normaliser", str(tmp_path / "my.glm"), "--json", str(tmp_path / "r.json")]) == 0
    assert json.loads((tmp_path / "r.json").read_text())["normaliser"]["name"] == "my.glm"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "room"], "only JSON lines, CSV and stm have keys to group by; any file can be grouped by length"),
        (["--interval-unit", "speaker"], "its speaker is not known"),
        (["--json", "out.json", "--ctm", "out.ctm"], "the times of its words are not known"),
        (["--trn", "h.txt"], "h.txt"),
        (["--csv", "r.txt"], "is read by this command"),
        (["--training-text", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_cannot_be_told_is_named(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.txt").write_text("a X\nb Y\n")
    (tmp_path / "h.txt").write_text("a X\nb Y\n")
    assert main(["score", "r.txt", "h.txt", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("value", ["x", "-1", "0", "nan", "inf"])
def test_a_real_time_factor_is_a_number_above_0(files, capsys, value):
    with pytest.raises(SystemExit) as stopped:
        main(["score", *files, "--real-time-factor", value])
    assert stopped.value.code == 2 and "is not a number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "1.5", "x"])
def test_a_seed_is_a_whole_number_from_0_up(files, capsys, value):
    with pytest.raises(SystemExit) as stopped:
        main(["score", *files, "--seed", value])
    assert stopped.value.code == 2 and "is not a whole number from 0 up" in capsys.readouterr().err


def test_facts_that_cannot_be_read_are_a_warning(files, tmp_path, capsys):
    path = tmp_path / "run" / "environment.json"
    path.write_text("{")
    assert main(["score", *files]) == 0
    error = capsys.readouterr().err
    assert error.startswith(f"{path}: not JSON") and error.count("\n") == 1


def test_hostile_ids_and_texts_stay_texts_in_every_form(tmp_path, capsys):
    reference, hypothesis = tmp_path / "r.jsonl", tmp_path / "h.jsonl"
    reference.write_text("".join(json.dumps({"id": n, "text": t, "who": t}) + "\n" for n, t in HOSTILE.items()))
    hypothesis.write_text("".join(json.dumps({"id": n, "text": "x"}) + "\n" for n in HOSTILE))
    options = ["--json", "r.json", "--csv", "r.csv", "--markdown", "r.md", "--trn", "trn", "--html", "r.html"]
    paths = [word if word.startswith("--") else str(tmp_path / "out" / word) for word in options]
    assert main(["score", str(reference), str(hypothesis), "--by", "who", *paths]) == 0
    output = capsys.readouterr().out
    assert "5 utterances" in output and "[bold]`code`" in output
    values = json.loads((tmp_path / "out" / "r.json").read_text())
    assert set(values["groups"]["who"]) == set(HOSTILE.values())
    with (tmp_path / "out" / "r.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == list(HOSTILE)
    outside_code = (tmp_path / "out" / "r.md").read_text().split("```")[::2]
    assert not any("<script" in part.replace("\\<", "") for part in outside_code)
    page = (tmp_path / "out" / "r.html").read_text()
    assert "<img src=x" not in page and "<script>alert(1)" not in page
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        ["r.jsonl", "h.jsonl", "r.json", "r.csv", "r.md", "ref.trn", "hyp.trn", "r.html"]
    )


@pytest.mark.parametrize(("weights", "num_words"), [("levenshtein", 10_000), ("sclite", 3_000)])
def test_an_utterance_of_thousands_of_words_is_scored(tmp_path, capsys, weights, num_words):
    words = [f"W{n % 997}" for n in range(num_words)]
    (tmp_path / "r.txt").write_text(f"a {' '.join(words)}\n")
    (tmp_path / "h.txt").write_text(f"a {' '.join(words[5:-5])} END\n")
    assert main(["score", str(tmp_path / "r.txt"), str(tmp_path / "h.txt"), "--weights", weights]) == 0
    assert f"in {num_words} words of 1 utterance" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["r.txt", "r.jsonl", "r.csv", "r.trn", "r.ctm", "r.stm"])
def test_files_that_are_not_utf_8_are_named(tmp_path, capsys, name):
    (tmp_path / name).write_bytes(b"a \xe9t\xe9")
    (tmp_path / "h.txt").write_text("a X\n")
    assert main(["score", str(tmp_path / name), str(tmp_path / "h.txt")]) == 2
    assert f"{name}: not UTF-8" in capsys.readouterr().err
