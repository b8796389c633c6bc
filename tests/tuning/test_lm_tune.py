"""The command ``asr lm tune``, on this folder's material."""

import json
import signal
import subprocess
import sys
import time

import pytest

from asr.cli import main
from asr.decoding.lm_training import LanguageModelSettings, train_language_model
from tests.tuning.conftest import SENTENCES


@pytest.fixture
def command(material):
    return ["lm", "tune", *map(str, (material.run, material.log_probs, material.manifest)), "--lm", str(material.lm)]


def test_weights_go_into_the_run_and_the_three_searches_stand_side_by_side(material, command, capsys):
    decoder = material.run / "decoder.json"
    decoder.write_text('{"calibration": {"kind": "temperature"}}')
    assert main([*command, "--trials", "3", "--beam-size", "8"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].endswith("8 utterances, 17 words, beam size 8")
    assert [line.split("  ")[0] for line in lines[1:4]] == ["greedy", "beam, no language model", "beam, language model"]
    assert f"{decoder}: lm_weight " in lines[4] and "of 3)" in lines[4]
    assert "trial 0: WER " in err
    kept = json.loads(decoder.read_text())
    assert kept["calibration"] == {"kind": "temperature"}
    assert kept["search"]["beam_size"] == 8
    assert set(kept["tuning"]["wer"]) == {"greedy", "beam", "beam_lm"}
    trials = [json.loads(line) for line in decoder.with_suffix(".trials.jsonl").read_text().splitlines()]
    assert [trial["trial"] for trial in trials] == [0, 1, 2]
    assert min(trial["wer"] for trial in trials) == kept["tuning"]["wer"]["beam_lm"]


def test_a_model_over_tokens_is_tuned_without_a_penalty_for_unknown_words(material, command, tmp_path):
    spelled, command[-1] = tmp_path / "spelled.txt", str(tmp_path / "tokens.asrlm")
    spelled.write_text("".join(" ".join(text.replace(" ", "|")) + "\n" for text in SENTENCES))
    train_language_model([spelled], tmp_path / "tokens.asrlm", LanguageModelSettings(order=2))
    assert main([*command, "--lm-unit", "token", "--trials", "3", "--beam-size", "8"]) == 0
    kept = json.loads((material.run / "decoder.json").read_text())["search"]
    assert (kept["lm_unit"], kept["oov_penalty"]) == ("token", 0.0)


def test_trials_that_are_there_are_gone_on_with_or_replaced_when_asked_to(command, tmp_path, capsys):
    command += ["--beam-size", "4", "--output", str(tmp_path / "other.json"), "--jobs", "1"]
    assert main([*command, "--trials", "1"]) == 0
    assert main([*command, "--trials", "2"]) == 2
    assert "go on with --resume" in capsys.readouterr().err
    assert main([*command, "--trials", "2", "--resume"]) == 0
    assert len((tmp_path / "other.trials.jsonl").read_text().splitlines()) == 2
    assert main([*command, "--trials", "1", "--seed", "2", "--resume"]) == 2
    assert main([*command, "--trials", "1", "--seed", "2", "--overwrite"]) == 0
    assert len((tmp_path / "other.trials.jsonl").read_text().splitlines()) == 1


@pytest.mark.slow  # a process of its own
def test_an_interrupted_tuning_keeps_the_best_so_far(material, command):
    trials = material.run / "decoder.trials.jsonl"
    # A job in the background is started with interrupts ignored, and what it starts as well.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from asr.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = [sys.executable, "-c", program, *command, "--beam-size", "4", "--trials", "100000"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        while not trials.exists() and process.poll() is None:  # the first trial
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    number = len(trials.read_text().splitlines())
    assert f"decoder.json: has the best of {number} trial" in error
    assert json.loads((material.run / "decoder.json").read_text())["tuning"]["lm"] == str(material.lm)


def test_missing_utterances_are_one_line(material, command, tmp_path, capsys):
    (tmp_path / "more.txt").write_text("utterance-0 GO ON\nnobody NO\n")
    command[4] = str(tmp_path / "more.txt")
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "such as nobody" in error and error.count("\n") == 1
    assert not (material.run / "decoder.json").exists()


def test_tuning_loads_no_tensorflow(command):
    program = (
        "import sys; from asr.cli import main; status = main(sys.argv[1:]); "
        "sys.exit(status or any(name in sys.modules for name in ('tensorflow', 'keras')))"
    )
    arguments = [sys.executable, "-c", program, *command, "--trials", "1", "--beam-size", "4"]
    assert subprocess.run(arguments, capture_output=True).returncode == 0
