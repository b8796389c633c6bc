import re
import shutil
import subprocess
import sys

import pytest

from asr.cli import main


@pytest.fixture(scope="module")
def exported(tiny_run, data, tmp_path_factory):
    folder = shutil.copytree(tiny_run, tmp_path_factory.mktemp("cli") / "run")
    assert main(["export", str(folder), "--format", "onnx", "--check", str(data / "an4.jsonl")]) == 0
    return folder


def in_a_fresh_process(program: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_exporting_tells_what_was_compared(exported, data, capsys):
    assert main(["export", str(exported), "--format", "onnx", "--check", str(data / "an4.jsonl")]) == 0
    err = capsys.readouterr().err
    assert "model.onnx: 0." in err
    assert "3 utterances compared: logits within" in err
    assert "0 other texts, WER" in err


def rounded(text: str) -> str:
    """Return a text with its numbers to four places: sums in another order differ behind them."""
    return re.sub(r"\d+\.\d{5,}", lambda number: f"{float(number[0]):.4f}", text)


def test_both_runtimes_give_the_same_transcript(exported, data, capsys):
    transcripts = []
    for runtime in ("onnx", "keras"):
        options = ["-m", str(exported), "--runtime", runtime, "-f", "json", "--threads", "1"]
        assert main(["transcribe", str(data / "an440-mjgm-b.flac"), *options]) == 0
        transcripts.append(rounded(capsys.readouterr().out))
    assert transcripts[0] == transcripts[1]


def test_both_runtimes_give_the_same_hypotheses(exported, data, tmp_path):
    outputs = [tmp_path / "onnx.jsonl", tmp_path / "keras.jsonl"]
    for output in outputs:
        arguments = [str(exported), str(data / "an4.jsonl"), "--output", str(output), "--runtime", output.stem]
        assert main(["decode", *arguments]) == 0
    assert rounded(outputs[0].read_text()) == rounded(outputs[1].read_text())


def test_transcribing_with_onnx_loads_no_framework(exported, data):
    arguments = ["transcribe", str(data / "an440-mjgm-b.flac"), "-m", str(exported)]
    done = in_a_fresh_process(f"import sys, asr.cli\nassert asr.cli.main({arguments}) == 0\nprint(*sys.modules)")
    modules = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not modules & {"tensorflow", "keras", "numba", "scipy", "jiwer", "onnx"}
    assert "onnxruntime" in modules


def test_without_onnxruntime_keras_is_used_and_asking_for_onnx_is_an_error(exported, data):
    arguments = ["transcribe", str(data / "an440-mjgm-b.flac"), "-m", str(exported), "--runtime", "onnx"]
    hidden = "import sys; sys.modules['onnxruntime'] = None; import asr.cli"
    done = in_a_fresh_process(f"{hidden}\nsys.exit(asr.cli.main({arguments}))")
    assert done.returncode == 2
    assert done.stderr.startswith("asr: onnxruntime cannot be imported")
    assert done.stderr.endswith("install onnxruntime, or choose --runtime keras\n")


def test_without_onnx_exporting_says_what_to_install(exported):
    done = in_a_fresh_process(
        "import sys; sys.modules['onnx'] = None; import asr.cli\n"
        f"sys.exit(asr.cli.main(['export', {str(exported)!r}, '--format', 'onnx']))"
    )
    assert done.returncode == 2
    assert done.stderr == "asr: onnx is not installed: install keras-asr[export]\n"
