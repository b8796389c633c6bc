"""The benchmark of decoders on made-up posteriors: that contenders find the same words, and what is written."""

import gzip
import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from asr.tokens import Tokens

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
LABELS = ["<blank>", " ", "A", "B", "C"]
WORDS = ("AB", "BA", "CAB")
ARPA = """\\data\\
ngram 1=6
ngram 2=4

\\1-grams:
-2\t<unk>\t0
-99\t<s>\t-0.3
-0.7\t</s>\t0
-0.5\tAB\t-0.2
-0.9\tBA\t-0.1
-0.8\tCAB\t0

\\2-grams:
-0.2\t<s> AB
-0.3\tAB BA
-0.4\tBA CAB
-0.1\tCAB </s>

\\end\\
"""
TEXTS = {"one": "AB BA CAB", "two": "AB", "three": "BA CAB"}


@pytest.fixture
def task_module(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("benchmarks.decode_task")


@pytest.fixture
def inputs(tmp_path) -> Path:
    """Write posteriors that say the texts quite clearly, and what belongs to them."""
    rng = np.random.default_rng(0)
    stored = {}
    for name, text in TEXTS.items():
        frames = np.zeros((2 * len(text) + 1, len(LABELS)))
        frames[:, 0] = 3.0
        for place, letter in enumerate(text):
            frames[2 * place + 1, LABELS.index(letter)] = 6.0
        frames += rng.normal(size=frames.shape)
        stored[name] = (frames - np.log(np.exp(frames).sum(axis=1, keepdims=True))).astype(np.float32)
    np.savez(tmp_path / "log_probs.npz", **stored)
    Tokens(LABELS).save(tmp_path / "tokens.json")
    (tmp_path / "lm.arpa").write_text(ARPA)
    rows = [{"id": name, "audio_filepath": "a.wav", "duration": 2.0, "text": text} for name, text in TEXTS.items()]
    (tmp_path / "references.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def benchmark(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPTS / "benchmark.py", "decode", "--log-probs", folder / "log_probs.npz"]
    command += ["--tokens", folder / "tokens.json", "--references", folder / "references.jsonl"]
    command += ["--lm", folder / "lm.arpa", "--json", folder / "result.json", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_model_cut_to_a_lower_order_is_whole_and_has_no_backoff_at_its_highest(task_module, tmp_path):
    with gzip.open(tmp_path / "lm.arpa.gz", "wt") as file:
        file.write(ARPA)
    assert task_module.order_of(tmp_path / "lm.arpa.gz") == 2
    unigrams = task_module.plain_arpa(tmp_path / "lm.arpa.gz", tmp_path / "1.arpa", 1).read_text()
    assert unigrams.startswith("\\data\\\nngram 1=6\n\n") and unigrams.endswith("-0.8\tCAB\n\n\\end\\\n")
    assert task_module.plain_arpa(tmp_path / "lm.arpa.gz", tmp_path / "2.arpa", 2).read_text() == ARPA


def test_a_lexicon_has_the_most_probable_words_that_the_labels_can_spell(task_module, tmp_path):
    (tmp_path / "lm.arpa").write_text(ARPA.replace("\tCAB\t", "\tCAR\t"))
    assert task_module.frequent_words(tmp_path / "lm.arpa", LABELS, None) == ["AB", "BA"]
    (tmp_path / "lm.arpa").write_text(ARPA)
    assert task_module.frequent_words(tmp_path / "lm.arpa", LABELS, 2) == ["AB", "CAB"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--case", "order-3"), "--case order-3: unknown: choose of decode, beam-10"),
        (("--lm", "references.jsonl"), "references.jsonl: no ARPA file: name an n-gram model, plain or gzip"),
        (("--log-probs", "none.npz"), "none.npz"),
    ],
)
def test_what_cannot_be_decoded_is_refused_in_one_line(arguments, message, inputs, monkeypatch):
    monkeypatch.chdir(inputs)
    result = benchmark(inputs, "--contenders", "pyctcdecode", *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_contenders_find_the_same_words_and_the_figures_fit_together(inputs):
    names = ["ours", "ours_open", "flashlight", "pyctcdecode"]
    case = ("--case", "decode", "order-1", "start", "--repeats", "1")
    result = benchmark(inputs, "--contenders", *names, *case, "--pyctcdecode-python", "nowhere/python")
    assert result.returncode == 0, result.stderr
    content = json.loads((inputs / "result.json").read_text())
    rows = {(row["case"], row["contender"]): row for row in content["results"]}
    there = {"ours", "ours_open"} | ({"flashlight"} if importlib.util.find_spec("flashlight") else set())
    starts = {("start", "ours"), ("start", "start_first")}
    unigrams = {("order-1", "ours"), ("order-1", "ours_open")}
    assert rows.keys() == {("decode", name) for name in there} | unigrams | starts
    assert content["left_out"]["pyctcdecode"] == "nowhere/python: No such file or directory"
    frames = sum(2 * len(text) + 1 for text in TEXTS.values())
    for (case, name), row in rows.items():
        assert row["median"] > 0 and row["peak_mb"] > 0
        if case != "start":
            assert row["wer"] == 0 and row["frames"] == frames and row["words"] == len(WORDS)
            assert row["frames_per_second"] == pytest.approx(frames / row["median"], rel=0.01)
            assert row["real_time_factor"] == pytest.approx(row["median"] / 6.0, abs=1e-6)
        assert f"| {case} | {name} |" in result.stdout
    assert rows["order-1", "ours"]["order"] == 1
    if "flashlight" in there:
        flashlight = rows["decode", "flashlight"]
        assert flashlight["ratio_to_counterpart"] == pytest.approx(flashlight["ratio_to_ours"], abs=1e-3)
    assert content["left_out"]["flashlight"] == "order-1: KenLM has no models of order 1"
