import json
import re
import subprocess
import sys

import pytest

import asr
from asr import packaged
from asr.cli import main


@pytest.fixture
def installed(pretrained, monkeypatch):
    """Let the models in ``pretrained`` be the packaged ones."""
    monkeypatch.setattr(packaged, "PRETRAINED", pretrained)
    return pretrained


def test_packaging_tells_what_was_compared(pretrained, data, tmp_path, capsys):
    arguments = ["package", str(pretrained / "english-small"), "--output", str(tmp_path / "out")]
    assert main([*arguments, "--check", str(data / "an4.jsonl"), "--lm", str(pretrained / "lm" / "words.asrlm")]) == 0
    err = re.sub(r"\s+", " ", capsys.readouterr().err)
    assert re.search(r"out: 0\.\d MB; 3 utterances compared: ONNX Runtime's logits within \S+ of Keras's, 0 other", err)
    assert re.search(r"weights in 16 bits: logits within \S+, 0 other texts, WER \S+% as trained and \S+% as pack", err)
    assert (tmp_path / "out" / "lm" / "words.asrlm").is_file()


def test_the_packaged_model_is_used_by_name_or_where_none_is_named(installed, data, capsys):
    sound = str(data / "an440-mjgm-b.flac")
    outputs = []
    for options in ([], ["-m", "english-small"], ["-m", str(installed / "english-small")]):
        assert main(["transcribe", sound, "-f", "json", *options]) == 0
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0]["model"] == "english-small"
    assert asr.Transcriber()(sound).text == asr.Transcriber("english-small")(sound).text == outputs[0]["text"]


def test_the_packaged_models_language_model_is_used_by_the_command_and_from_python(installed, data, capsys):
    assert main(["transcribe", str(data / "an440-mjgm-b.flac"), "-v"]) == 0
    assert "language model: " + str(installed / "lm" / "words.asrlm") in capsys.readouterr().err.replace("\n", "")
    assert asr.Transcriber().beam_size == 100
    assert asr.Transcriber(beam_size=1).beam_size == 1


def test_a_name_that_nothing_has_is_answered_by_those_that_there_are(installed, data, capsys):
    assert main(["transcribe", str(data / "an440-mjgm-b.flac"), "-m", "english-smal"]) == 2
    assert capsys.readouterr().err == (
        "asr: english-smal: not a run folder (no config.toml): name a folder that asr train wrote, or a packaged "
        "model: english-small\n"
    )


def test_info_lists_packaged_models_and_describes_one(installed, capsys):
    assert main(["info", "english-small"]) == 0
    out = capsys.readouterr().out
    assert "packaged models: english-small\n" in out
    assert "weights: weights.npz\n" in out
    assert re.search(r"^language model: .*words\.asrlm, 0\.0 MB$", out, re.M)
    assert "confidence: not calibrated\n" in out


def test_without_packaged_models_transcribing_asks_for_one(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(packaged, "PRETRAINED", tmp_path)
    assert main(["transcribe", str(data / "an440-mjgm-b.flac")]) == 2
    assert capsys.readouterr().err == (
        "asr: no model: name a run folder of asr train with -m RUN; none comes with this release\n"
    )


def test_without_onnx_packaging_says_what_to_install(pretrained, tmp_path):
    arguments = ["package", str(pretrained / "english-small"), "--output", str(tmp_path / "out")]
    program = f"import sys; sys.modules['onnx'] = None; import asr.cli; sys.exit(asr.cli.main({arguments}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "asr: onnx is not installed: install keras-asr[export]\n")
