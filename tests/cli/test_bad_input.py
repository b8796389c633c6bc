"""Input that is not as it should be: each kind ends in one clear line and costs no other input."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.cli import main
from tests.cli.conftest import RATE, beeps

ROW = {"audio_filepath": "an440-mjgm-b.flac", "duration": 0.8, "text": "STOP"}


@pytest.fixture
def recordings(tmp_path, data) -> dict[str, Path]:
    """Sound files by what is wrong with them, and a good one."""
    good = data / "an440-mjgm-b.flac"
    samples = np.zeros(16_000, "float32")
    found = {name: tmp_path / f"{name}.wav" for name in ("empty", "text", "no_samples", "nan", "loud", "short")}
    found |= {"truncated": tmp_path / "truncated.flac", "good": good}
    found["empty"].touch()
    found["text"].write_text("this is no sound\n" * 100)
    soundfile.write(found["no_samples"], samples[:0], 16_000)
    soundfile.write(found["nan"], np.where(np.arange(16_000) == 8, np.nan, samples), 16_000, subtype="FLOAT")
    soundfile.write(found["loud"], np.sin(np.arange(16_000)) * 1e30, 16_000, subtype="FLOAT")
    soundfile.write(found["short"], samples[:100], 16_000)
    found["truncated"].write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    return found


def test_each_bad_recording_is_named_in_its_line_and_the_good_one_is_transcribed(
    recordings, tiny_run, tmp_path, capsys
):
    outputs = tmp_path / "out"
    files = [str(path) for path in recordings.values()]
    assert main(["transcribe", *files, "-m", str(tiny_run), "-o", str(outputs), "-f", "txt,json", "-q"]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    bad = [name for name in recordings if name != "good"]
    assert len(lines) == len(bad)
    for name in bad:
        (line,) = [line for line in lines if str(recordings[name]) in line]
        assert line.startswith("asr: ")
    assert {path.name for path in outputs.iterdir()} == {"an440-mjgm-b.txt", "an440-mjgm-b.json"}


def test_damaged_files_of_a_folder_cost_a_good_one_nothing(loud_run, tmp_path, capsys):
    talks, outputs = tmp_path / "talks", tmp_path / "out"
    talks.mkdir()
    soundfile.write(talks / "good.wav", beeps(3), RATE)
    for suffix in ("aiff", "flac", "ogg", "w64", "wav"):
        soundfile.write(talks / f"whole.{suffix}", beeps(3), RATE)
        whole = (talks / f"whole.{suffix}").read_bytes()
        (talks / f"whole.{suffix}").unlink()
        (talks / f"cut_{suffix}.{suffix}").write_bytes(whole[: len(whole) // 2])
        (talks / f"flipped_{suffix}.{suffix}").write_bytes(bytes(255 - byte for byte in whole[:64]) + whole[64:])
    bad = [path for path in sorted(talks.iterdir()) if path.stem != "good"]

    assert main(["transcribe", str(talks), "-o", str(outputs), "-f", "txt", "-m", str(loud_run), "-q"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["asr", str(path)] for path in bad]
    assert [path.name for path in outputs.iterdir()] == ["good.txt"]
    assert (outputs / "good.txt").read_text() == "A A A\n"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"audio_filepath": "a.wav", "text": ""}], ":1: key 'duration' is missing: each line needs"),
        ([ROW, ROW], ":2: id 'an440-mjgm-b' is already used in line 1: give each utterance its own id"),
        ([ROW, '{"audio_filepath": '], ":2: not JSON (Expecting value, column 20): mend the line"),
    ],
)
def test_a_broken_manifest_stops_preparation_before_it_starts(lines, message, tiny_config, tmp_path, capsys):
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    shards = tmp_path / "shards"
    assert main(["prepare", str(manifest), "--config", str(tiny_config), "--output", str(shards), "-q"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"asr: {manifest}{message}")
    assert not shards.exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("model.layer=3", "config.toml: unknown key 'model.layer': did you mean 'layers'?"),
        ("tokens.labels=['S', 'T', 'O', 'P']", "data.train: 10 of 15 utterances cannot be used"),
        ("model.cell=gruu", "model.cell = 'gruu' is unknown: choose one of"),
    ],
)
def test_a_config_that_does_not_fit_stops_training_before_it_starts(setting, message, tiny_config, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(["train", str(tiny_config), "--output", str(run), "--set", setting, "-q"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert not (run / "weights").exists()


def test_a_run_whose_vocabulary_and_weights_disagree_is_refused(tiny_run, recordings, tmp_path, capsys):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    tokens = json.loads((run / "tokens.json").read_text())
    (run / "tokens.json").write_text(json.dumps(tokens | {"labels": tokens["labels"][:-1]}))
    assert main(["transcribe", str(recordings["good"]), "-m", str(run)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "does not fit config.toml" in error


def test_an_empty_transcript_is_left_out_and_named(tiny_config, data, tmp_path, capsys):
    manifest = tmp_path / "m.jsonl"
    rows = [json.loads(line) for line in (data / "an4.jsonl").read_text().splitlines()]
    rows = [row | {"audio_filepath": str(data / row["audio_filepath"])} for row in rows]
    rows[1]["text"] = " "
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config, shards, run = str(tiny_config), str(tmp_path / "shards"), tmp_path / "run"
    assert main(["prepare", str(manifest), "--config", config, "--output", shards, "-q"]) == 0
    settings = [f"data.train=['{shards}']", "data.dev=[]", "train.epochs=1", "data.max_excluded_share=0.5"]
    overrides = [part for setting in settings for part in ("--set", setting)]
    assert main(["train", config, "--output", str(run), *overrides]) == 0
    assert "1 left out (excluded.jsonl)" in capsys.readouterr().err
    (row,) = [json.loads(line) for line in (run / "excluded.jsonl").read_text().splitlines()]
    assert row == {"id": rows[1]["id"], "reason": "the transcript is empty"}
