import io
import json
import os
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.cli import main
from tests.cli.conftest import beeps, make_loud_run

SUFFIXES = {"txt", "json", "srt", "vtt", "tsv", "ctm", "TextGrid"}


@pytest.fixture
def asr(loud_run, desk, capsys):
    """Return a function that runs `asr transcribe` and returns exit status, stdout and stderr."""

    def run(*arguments, model=loud_run):
        status = main(["transcribe", *map(str, arguments), "-m", str(model)])
        return status, *capsys.readouterr()

    return run


def piped(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def write_manifest(path, *names, **keys):
    rows = [{"audio_filepath": name, "duration": 0.0, "text": "Really?", **keys} for name in names]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def test_one_file_goes_to_stdout_as_text_or_json(asr, desk):
    before = files_in(desk)
    assert asr("three.ogg") == (0, "A A A\n", "")
    status, out, err = asr("three.ogg", "-f", "json")
    value = json.loads(out)
    assert (status, err, value["audio"], value["text"]) == (0, "", "three.ogg", "A A A")
    assert value["duration"] == pytest.approx(1.4)
    assert files_in(desk) == before


def test_many_files_become_files_and_broken_ones_are_named(asr):
    status, out, err = asr("one.wav", "broken.wav", "two.flac", "nowhere.wav", "-o", "out", "-f", "txt,json", "-q")
    broken, nowhere = err.splitlines()
    assert (status, out) == (1, "")
    assert broken.startswith("asr: broken.wav: ") and nowhere.startswith("asr: nowhere.wav: ")
    assert files_in("out") == ["one.json", "one.txt", "two.json", "two.txt"]


def test_several_files_without_a_folder_are_written_here_in_every_format(asr, desk):
    before = set(desk.iterdir())
    assert asr("one.wav", "two.flac", "-q") == (0, "", "")
    assert {path.name for path in set(desk.iterdir()) - before} == {
        f"{stem}.{suffix}" for stem in ("one", "two") for suffix in SUFFIXES
    }


def test_a_summary_tells_how_much_was_done_and_how_fast(asr):
    _, _, err = asr("one.wav", "two.flac", "broken.wav", "-o", "out", "-f", "txt")
    assert "2 recordings transcribed, 1 failed, 1.6 s of audio in " in err and "real-time factor " in err


def test_verbose_says_which_model_decoder_and_language_model(asr, loud_run):
    _, out, err = asr("one.wav", "-v")
    assert out == "A\n"
    assert f"model: {loud_run}, 3 labels, onnx" in err
    assert "decoder: greedy search" in err and "language model: none" in err


def test_a_folders_tree_is_kept(asr, desk):
    (desk / "talks" / "day").mkdir(parents=True)
    (desk / "one.wav").rename("talks/one.wav")
    (desk / "two.flac").rename("talks/day/one.wav")
    assert asr("talks", "-o", "out", "-f", "txt", "-q") == (0, "", "")
    assert files_in("out") == ["day/one.txt", "one.txt"]
    assert Path("out/day/one.txt").read_text() == "A A\n"


def test_a_folder_with_nothing_to_transcribe_is_named(asr, desk):
    (desk / "empty").mkdir()
    status, out, err = asr("empty")
    assert (status, out) == (1, "") and err.startswith("asr: empty: no sound file in it") and err.count("\n") == 1


def test_channels_are_mixed_or_split(asr):
    assert asr("stereo.wav") == (0, "A A A\n", "")
    assert asr("stereo.wav", "-o", "out", "--channels", "split", "-f", "txt,json", "-q") == (0, "", "")
    assert Path("out/stereo.channel0.txt").read_text() == "A A A\n"
    assert Path("out/stereo.channel1.txt").read_text() == ""
    assert json.loads(Path("out/stereo.channel1.json").read_text())["channel"] == 1


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG"])
def test_sound_comes_through_a_pipe_in_any_container(container, asr, monkeypatch):
    content = io.BytesIO()
    soundfile.write(content, beeps(2), 16_000, format=container)
    piped(monkeypatch, content.getvalue())
    assert asr("-") == (0, "A A\n", "")


def test_raw_samples_come_through_a_pipe(asr, monkeypatch):
    piped(monkeypatch, (beeps(2, rate=8_000) * 32767).astype("<i2").tobytes())
    assert asr("-", "--raw", "s16le,8000,1") == (0, "A A\n", "")


def test_what_comes_through_a_pipe_and_is_no_sound_is_named_as_that(asr, monkeypatch):
    piped(monkeypatch, b"no sound")
    status, out, err = asr("-")
    assert (status, out) == (1, "") and err.startswith("asr: -: truncated, damaged or not audio")


def test_a_manifest_is_written_back_with_pred_text(asr, desk):
    write_manifest(desk / "m.jsonl", "one.wav", "broken.wav", "two.flac", room="kitchen")
    status, out, err = asr("m.jsonl")
    first, second = map(json.loads, out.splitlines())
    assert status == 1 and err.startswith("asr: m.jsonl: broken: broken.wav: ")
    assert (first["pred_text"], second["pred_text"]) == ("A", "A A")
    assert {"text": "Really?", "room": "kitchen", "id": "two"}.items() <= second.items()
    assert asr("m.jsonl", "-o", "out", "-q")[0] == 1
    assert [json.loads(line)["pred_text"] for line in Path("out/m.jsonl").read_text().splitlines()] == ["A", "A A"]
    assert files_in("out") == ["m.jsonl"]


def test_parts_of_files_and_of_a_manifest_are_together_the_whole(asr, desk, capsys):
    sounds = ["one.wav", "pause.wav", "three.ogg", "two.flac"]
    for number in (1, 2, 3):
        assert asr(*sounds, "-o", "files", "-f", "txt", "-q", "--shard", f"{number}/3")[0] == 0
    assert files_in("files") == ["one.txt", "pause.txt", "three.txt", "two.txt"]
    manifest = write_manifest(desk / "m.jsonl", *sounds)
    assert asr(manifest, "-o", "whole", "-q")[0] == 0
    for number in (1, 2, 3):
        assert asr(manifest, "-o", "parts", "-q", "--shard", f"{number}/3")[0] == 0
    parts = [f"parts/m.{number}-of-3.jsonl" for number in (3, 1, 2)]
    assert main(["merge", *parts[:2], "--output", "whole/merged.jsonl", "-q"]) == 2
    assert "2/3: not among the parts named" in capsys.readouterr().err
    assert main(["merge", *parts[:2], "parts/nowhere.jsonl", "--output", "whole/merged.jsonl", "-q"]) == 2
    assert capsys.readouterr().err.startswith("asr: parts/nowhere.jsonl: is not there")
    assert main(["merge", *parts, "--output", "whole/merged.jsonl", "-q"]) == 0
    assert Path("whole/merged.jsonl").read_text() == Path("whole/m.jsonl").read_text()


def test_transcripts_that_are_there_are_kept_replaced_or_completed(asr):
    command = ["one.wav", "two.flac", "-o", ".", "-f", "txt"]
    there, other = Path("one.txt"), Path("two.txt")
    there.write_text("mine\n")
    status, _, err = asr(*command)
    assert status == 2 and "one.txt: there already" in err and not other.exists()
    status, _, err = asr(*command, "--resume")
    assert status == 0 and "1 input transcribed already" in err
    assert (there.read_text(), other.read_text()) == ("mine\n", "A A\n")
    assert asr(*command, "--resume", "-q") == (0, "", "")
    assert asr(*command, "--overwrite", "-q") == (0, "", "")
    assert there.read_text() == "A\n"


def test_a_manifest_that_is_there_is_kept_or_replaced(asr, desk):
    write_manifest(desk / "m.jsonl", "one.wav")
    (desk / "out").mkdir()
    there = desk / "out" / "m.jsonl"
    mine = '{"id": "one", "pred_text": "mine"}\n'
    there.write_text(mine)
    assert asr("m.jsonl", "-o", "out")[0] == 2
    assert asr("m.jsonl", "-o", "out", "--resume", "-q") == (0, "", "")
    assert there.read_text() == mine
    assert asr("m.jsonl", "-o", "out", "--overwrite", "-q") == (0, "", "")
    assert '"pred_text": "A"' in there.read_text()


def test_lines_of_a_manifest_that_failed_are_tried_again_with_resume(asr, desk):
    write_manifest(desk / "m.jsonl", "one.wav", "broken.wav", "two.flac")
    assert asr("m.jsonl", "-o", "out", "-q")[0] == 1
    status, _, err = asr("m.jsonl", "-o", "out", "--resume")
    assert status == 1 and "2 inputs transcribed already" in err and "asr: m.jsonl: broken: " in err
    soundfile.write("broken.wav", beeps(3), 16_000)
    assert asr("m.jsonl", "-o", "out", "--resume", "-q") == (0, "", "")
    assert [json.loads(line)["pred_text"] for line in Path("out/m.jsonl").read_text().splitlines()] == [
        "A",
        "A A A",
        "A A",
    ]
    assert files_in("out") == ["m.jsonl"]


def test_a_recording_in_which_the_model_is_lost_is_flagged(asr, tmp_path):
    unsure = make_loud_run(tmp_path / "unsure", sureness=0.4)
    status, out, err = asr("one.wav", "-f", "json", model=unsure)
    value = json.loads(out)
    assert status == 0 and value["low_confidence"] and value["confidence"] < 0.7
    assert "one.wav: mean confidence 0.6" in err and "is under 0.7: the model was lost" in err
    assert ", 1 of low confidence, " in asr("one.wav", "-o", "out", "-f", "txt", model=unsure)[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one.wav", "-m", "nowhere"], "nowhere: not a run folder"),
        (["m.jsonl", "-o", "out", "-m", "nowhere"], "nowhere: not a run folder"),
        (["one.wav", "-m", "large-v3"], "large-v3: not a run folder"),
        (["one.wav", "-f", "docx"], "'docx' is unknown"),
        (["one.wav", "-f", "all"], "stdout takes one format"),
        (["one.wav", "--channels", "split"], "stdout takes one transcript"),
        (["m.jsonl", "--channels", "split"], "stdout takes one transcript"),
        (["m.jsonl", "-o", "out", "--channels", "split"], "m.jsonl: --channels split: a manifest says itself"),
        (["m.jsonl", "-f", "json", "-o", "out"], "-f: a manifest is written back as one"),
        (["m.jsonl", "-f", "json"], "-f: a manifest is written back as one"),
        (["one.wav", "--overwrite"], "--overwrite: the text goes to stdout"),
        (["m.jsonl", "--resume"], "--resume: the text goes to stdout"),
        (["m.jsonl", "-o", "."], "m.jsonl: would replace an input"),
        (["one.wav", "-o", "two.flac/out", "-m", "nowhere"], "two.flac/out: two.flac is no folder: name another (-o)"),
        (["a/x.wav", "b/x.flac"], "both a/x.wav and b/x.flac would write it"),
        (["a/x.wav", "b/x.flac", "--shard", "1/2"], "both a/x.wav and b/x.flac would write it"),
        (["one.wav", "--language", "de"], "--language de: models are of English"),
        (["one.wav", "--device", "cuda"], "--device cuda: transcribing is computed by the processor"),
        (["one.wav", "--raw", "mp3"], "--raw mp3: 'mp3' is no encoding"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2_before_any_work(asr, desk, arguments, message):
    write_manifest(desk / "m.jsonl", "one.wav")
    before = files_in(desk)
    status, out, err = asr(*arguments) if "-m" not in arguments else asr(*arguments[:-2], model=arguments[-1])
    assert (status, out) == (2, "")
    assert message in err and err.startswith("asr: ") and err.count("\n") == 1
    assert files_in(desk) == before


@pytest.mark.parametrize(
    "options",
    [
        ["--raw", "mp3"],
        ["-f", "docx"],
        ["-f", "all"],
        ["--channels", "split"],
        ["--overwrite"],
        ["-f", "docx", "-o", "out"],
    ],
)
def test_options_are_checked_before_standard_input_is_read(options, asr, monkeypatch):
    piped(monkeypatch, b"sound")
    assert asr("-", *options)[0] == 2
    assert sys.stdin.buffer.read() == b"sound"


def test_a_folder_that_cannot_be_written_is_one_line(asr):
    Path("file").touch()
    status, _, err = asr("one.wav", "-o", "file")
    assert status == 2 and err.splitlines()[-1].startswith("asr: file")


def test_what_stands_in_the_place_of_a_folder_costs_what_goes_elsewhere_nothing(asr, desk):
    for name, place in (("one.wav", "day"), ("two.flac", "night"), ("three.ogg", "noon")):
        (desk / "talks" / place).mkdir(parents=True)
        (desk / name).rename(f"talks/{place}/{name}")
    (desk / "out").mkdir()
    (desk / "out" / "day").touch()
    (desk / "out" / "night").symlink_to("nowhere")
    status, _, err = asr("talks", "-o", "out", "-f", "txt", "-q")
    assert status == 1 and files_in("out") == ["day", "noon/three.txt"]
    assert err.splitlines() == [
        "asr: talks/day/one.wav: out/day/one.txt: cannot be written: Not a directory",
        "asr: talks/night/two.flac: out/night: cannot be written: File exists",
    ]


def program(*arguments, model, **options):
    command = [sys.executable, "-m", "asr", "transcribe", *arguments, "-m", str(model)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_a_reader_that_went_away_ends_it_silently(loud_run, desk):
    reader, writer = os.pipe()
    os.close(reader)
    result = program("one.wav", model=loud_run, stdout=writer)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_line(loud_run, desk):
    with open("/dev/full", "w") as full:
        result = program("one.wav", model=loud_run, stdout=full.fileno())
    assert result.returncode == 2
    assert result.stderr == "asr: stdout: No space left on device: choose another place or make room\n"


def test_a_file_that_may_not_grow_is_one_line(loud_run, desk):
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    result = program("one.wav", "-o", "out", "-f", "txt", "-q", model=loud_run, preexec_fn=limit)
    assert result.returncode == 2
    assert result.stderr == "asr: out/one.txt: File too large: choose another place or make room\n"


class Interrupting(io.StringIO):
    """A terminal at which someone presses Ctrl-C when the first failure is named."""

    def write(self, text):
        if "broken.wav" in text and not self.getvalue():
            super().write(text)
            # A program that was started in the background ignores the signal, and so do the tests that it runs.
            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                signal.raise_signal(signal.SIGINT)
            finally:
                signal.signal(signal.SIGINT, before)
        return super().write(text)


def test_an_interruption_leaves_whole_files_only(asr, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Interrupting())
    status, *_ = asr("one.wav", "broken.wav", "two.flac", "-o", "out", "-f", "txt,json", "-q")
    assert status == 130 and "asr: interrupted" in sys.stderr.getvalue()
    assert files_in("out") == ["one.json", "one.txt"]
    assert Path("out/one.txt").read_text() == "A\n"


def test_an_interrupted_manifest_goes_on_with_resume(asr, desk, monkeypatch):
    write_manifest(desk / "m.jsonl", "one.wav", "broken.wav", "two.flac")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Interrupting())
        assert asr("m.jsonl", "-o", "out", "-q")[0] == 130
    assert not Path("out/m.jsonl").exists()
    status, _, err = asr("m.jsonl", "-o", "out", "--resume")
    assert status == 1 and "1 input transcribed already" in err and files_in("out") == ["m.jsonl"]
    assert [json.loads(line)["pred_text"] for line in Path("out/m.jsonl").read_text().splitlines()] == ["A", "A A"]


def test_a_name_that_is_no_text_is_transcribed_all_the_same(asr, desk):
    (desk / "talks").mkdir()
    os.rename("one.wav", b"talks/\xff [b].wav")
    assert asr("talks", "-o", "out", "-q") == (0, "", "")
    (path,) = Path("out").glob("*.json")
    assert os.fsencode(path.name) == b"\xff [b].json"
    assert json.loads(path.read_text())["audio"] == "talks/\ufffd [b].wav"


def test_what_is_no_regular_file_is_named(asr):
    os.mkfifo("pipe")
    status, out, err = asr("pipe")
    assert (status, out) == (1, "") and err.startswith("asr: pipe: no regular file: send it through standard input")


def test_a_pipe_in_a_folder_or_a_manifest_is_named_and_keeps_nobody_waiting(asr, desk):
    (desk / "talks").mkdir()
    (desk / "one.wav").rename("talks/one.wav")
    os.mkfifo("talks/pipe.wav")
    status, _, err = asr("talks", "-o", "out", "-f", "txt", "-q")
    assert status == 1 and err.startswith("asr: talks/pipe.wav: no regular file: ") and err.count("\n") == 1
    assert files_in("out") == ["one.txt"]
    write_manifest(desk / "m.jsonl", "talks/pipe.wav", "talks/one.wav")
    status, out, err = asr("m.jsonl")
    assert status == 1 and "talks/pipe.wav: no regular file: " in err and err.count("\n") == 1
    assert json.loads(out)["pred_text"] == "A"


def test_a_name_that_is_too_long_or_leads_in_a_circle_costs_the_others_nothing(asr, desk):
    (desk / "loop.wav").symlink_to("loop.wav")
    status, _, err = asr("a" * 300 + ".wav", "one.wav", "loop.wav", "-o", "out", "-f", "txt", "-q")
    long, loop = err.splitlines()
    assert status == 1 and "aaa.wav: File name too long: " in long and loop.startswith("asr: loop.wav: ")
    assert files_in("out") == ["one.txt"]


def test_media_is_transcribed(asr):
    av = pytest.importorskip("av", reason="needs PyAV, the extra `media`")
    with av.open("talk.m4a", "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(beeps(2).astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate = 16_000
        for part in (frame, None):
            container.mux(stream.encode(part))
    assert asr("talk.m4a") == (0, "A A\n", "")
