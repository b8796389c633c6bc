import io
import json
import struct
import sys

import numpy as np
import pytest
import soundfile

from asr.cli import main
from asr.errors import UtteranceError
from tests.cli.conftest import RATE, beeps, make_loud_run

pytest.importorskip("onnx", reason="writes the model")


@pytest.fixture
def stream(loud_run, desk, capsys, monkeypatch):
    """Return a function that streams bytes, or what the arguments name, and returns status, stdout and stderr."""

    def run(*arguments, content=None):
        if content is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))
        status = main(["transcribe", "--stream", *map(str, arguments), "-m", str(loud_run)])
        return status, *capsys.readouterr()

    return run


def contained(waveform, container, **options):
    content = io.BytesIO()
    soundfile.write(content, waveform, RATE, format=container, **options)
    return content.getvalue()


LONG_PAUSE = np.concatenate([beeps(2), np.zeros(RATE), beeps(3)])


def test_a_line_is_an_utterance_whatever_the_pipe_carries(stream):
    raw = (LONG_PAUSE * 32767).astype("<i2").tobytes()
    assert stream("-", "--raw", "s16le,16000,1", content=raw) == (0, "A A\nA A A\n", "")
    assert stream("-", content=contained(LONG_PAUSE, "WAV")) == (0, "A A\nA A A\n", "")
    assert stream("-", content=contained(np.stack([LONG_PAUSE] * 2, 1), "WAV")) == (0, "A A\nA A A\n", "")


@pytest.mark.parametrize("container", ["FLAC", "OGG"])
def test_other_containers_are_read_by_pyav(stream, container):
    pytest.importorskip("av", reason="reads it")
    assert stream("-", content=contained(LONG_PAUSE, container)) == (0, "A A\nA A A\n", "")


def test_json_has_a_line_for_whatever_gets_known(stream, desk):
    soundfile.write("long.wav", LONG_PAUSE, RATE)
    status, out, err = stream("long.wav", "-f", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [row["text"] for row in rows if row["final"]] == ["A A", "A A A"]
    partial = [row for row in rows if not row["final"]]
    assert {"text": "A A", "stable": "A"}.items() <= partial[1].items()
    assert [row["seconds"] for row in partial] == sorted(row["seconds"] for row in partial)
    assert [set(row) for row in rows if row["final"]] == [{"final", "id", "start", "end", "text", "words"}] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one.wav", "two.flac"], "takes one input"),
        (["one.wav", "-o", "out"], "--output-dir: a stream goes to stdout"),
        (["one.wav", "-f", "srt"], "-f srt: a stream is txt"),
        (["one.wav", "--channels", "split"], "--channels split"),
    ],
)
def test_what_a_stream_has_not_is_refused(stream, arguments, message):
    status, out, err = stream(*arguments)
    assert (status, out) == (2, "") and message in err and err.count("\n") == 1


AS_RAW = ("--raw", "s16le,16000,1")


@pytest.mark.parametrize(
    ("options", "content", "message"),
    [
        ((), b"", "nothing came through the pipe"),
        (AS_RAW, b"", "nothing came through the pipe"),
        ((), b"RIFF but no sound at all", ""),
        (AS_RAW, b"\x01\x02" * 5 + b"\x03", "ends within a sample of 2 bytes: truncated, or --raw does not say"),
    ],
)
def test_what_is_no_sound_is_named(stream, options, content, message):
    status, out, err = stream("-", *options, content=content)
    assert (status, out) == (1, "") and err.startswith(f"asr: -: {message}") and err.count("\n") == 1


def test_without_a_microphone_it_says_what_to_install(stream, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    status, out, err = stream("mic")
    assert (status, out) == (2, "") and "install keras-asr[mic]" in err


WAV = contained(LONG_PAUSE, "WAV", subtype="PCM_16")


def damaged(place, form, value):
    """Return a WAV with another number in its header."""
    return WAV[:place] + struct.pack(form, value) + WAV[place + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (damaged(34, "<H", 64), "1 channels of 64 bits a sample"),
        (damaged(34, "<H", 0), "1 channels of 0 bits a sample"),
        (damaged(22, "<H", 0), "0 channels of 16 bits a sample"),
        (damaged(22, "<H", 2000), "2000 channels of 16 bits"),
        (damaged(24, "<I", 0), "0 samples a second"),
        (damaged(24, "<I", 2**31), "2147483648 samples a second"),
        (damaged(20, "<H", 7), "no WAV of integers (format 7)"),
        (damaged(16, "<I", 2**31), "without samples"),
        (WAV[:60], "truncated (16 bytes of samples where the header says"),
        (WAV[:-1001], "truncated"),
        (damaged(40, "<I", 3_000_000_000), "truncated"),
        (damaged(40, "<I", len(WAV) - 45), "ends within a sample of 2 bytes: truncated or damaged: send it anew"),
        (WAV[:40], "without samples"),
    ],
)
def test_a_damaged_wav_is_named(stream, content, message):
    status, _, err = stream("-", content=content)
    assert status == 1 and err.startswith("asr: -: ") and message in err and err.count("\n") == 1


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFF024])
def test_a_wav_whose_length_nobody_could_know_is_read_to_the_end_of_the_pipe(stream, length):
    content = damaged(40, "<I", length)
    content = content[:4] + struct.pack("<I", length) + content[8:]
    assert stream("-", content=content) == (0, "A A\nA A A\n", "")


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_integers_of_any_width_are_read_and_what_follows_the_samples_is_not(stream, container, subtype):
    content = contained(LONG_PAUSE, container, subtype=subtype) + b"LIST\x04\0\0\0INFO"
    assert stream("-", content=content) == (0, "A A\nA A A\n", "")


def test_samples_that_are_no_numbers_are_named(stream):
    raw = np.full(RATE, np.nan, "<f4").tobytes()
    status, out, err = stream("-", "--raw", "f32le,16000,1", content=raw)
    assert (status, out) == (1, "") and "some samples are NaN or infinite" in err and err.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_a_standard_input_that_is_closed_is_named(loud_run, capsys, monkeypatch, options):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["transcribe", "-", *options, "-m", str(loud_run)]) == 2
    assert capsys.readouterr() == (
        "",
        "asr: -: standard input is closed: pipe sound into the program, or name a file\n",
    )


@pytest.mark.parametrize(("sureness", "is_flagged"), [(0.4, True), (0.9, False)])
def test_a_stream_in_which_the_model_was_lost_is_flagged_at_its_end(tmp_path, desk, capsys, sureness, is_flagged):
    run = make_loud_run(tmp_path / "run", sureness)
    assert main(["transcribe", "--stream", "pause.wav", "-m", str(run)]) == 0
    out, err = capsys.readouterr()
    assert out == "A A\nA A A\n"
    assert bool(err) == is_flagged
    assert not err or (err.startswith("pause.wav: mean confidence 0.6") and "the model was lost" in err)


def test_a_stream_that_cannot_be_recognised_is_named(stream, monkeypatch):
    def refuse(*arguments, **options):
        raise UtteranceError("no word sequence of the lexicon is possible")

    monkeypatch.setattr("asr.transcribe.transcriber.Transcriber.stream", refuse)
    assert stream("one.wav") == (1, "", "asr: one.wav: no word sequence of the lexicon is possible\n")


def test_a_file_that_cannot_be_streamed_is_named_once(stream):
    status, out, err = stream("./broken.wav")
    assert (status, out) == (1, "") and err.startswith("asr: broken.wav: ") and err.count("broken.wav") == 1


def test_what_came_before_a_stream_broke_off_is_heard(stream):
    status, out, err = stream("-", content=contained(LONG_PAUSE, "WAV")[:-1000])
    assert (status, out) == (1, "A A\nA A A\n")
    assert err.startswith("asr: -: truncated (") and err.count("\n") == 1
