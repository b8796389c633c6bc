import io
import json
import sys

import numpy as np
import pytest
import soundfile

from asr.cli import main
from tests.cli.conftest import RATE, beeps

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


@pytest.mark.parametrize("content", [b"", b"RIFF but no sound at all", b"\x01\x02" * 5 + b"\x03"])
def test_what_is_no_sound_is_named(stream, content):
    status, out, err = stream("-", *([] if content[:1] != b"\x01" else ["--raw", "s16le,16000,1"]), content=content)
    assert (status, out) == (1, "") and err.startswith("asr: -: ") and err.count("\n") == 1


def test_without_a_microphone_it_says_what_to_install(stream, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    status, out, err = stream("mic")
    assert (status, out) == (2, "") and "install keras-asr[mic]" in err
