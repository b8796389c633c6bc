"""The odyssey: shares of the data, sizes, the queue of trainings, the table; and what run.sh calls."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from asr.config import ModelConfig
from asr.manifest import Utterance

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "odyssey"


@pytest.fixture
def part(monkeypatch):
    """Return a function that imports a script of the recipe, as the scripts import one another."""
    monkeypatch.syspath_prepend(RECIPE)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for path in RECIPE.glob("*.py"):
        sys.modules.pop(path.stem, None)


def corpus() -> list[Utterance]:
    """Speakers of 1, 2, ... 12 utterances."""
    return [
        Utterance(f"{speaker}-{number}", Path("a.wav"), 1.0, "A", speaker=f"s{speaker}")
        for speaker in range(1, 13)
        for number in range(speaker)
    ]


def test_shares_of_the_data_are_nested_and_each_speaker_gives_the_same_share(part):
    subset, utterances = part("subsets").subset, corpus()
    shares = {percent: subset(utterances, percent) for percent in (10, 30, 50, 100)}
    assert [len(one) for one in shares.values()] == [8, 23, 39, 78]
    assert shares[100] == utterances
    names = [{one.id for one in share} for share in shares.values()]
    assert names[0] < names[1] < names[2] < names[3]
    for speaker in range(4, 13):
        given = sum(one.speaker == f"s{speaker}" for one in shares[50])
        assert abs(given - speaker / 2) <= 0.5
    assert subset(utterances[::-1], 30) == shares[30][::-1]  # the order of the manifest decides nothing


def cell_weights(cell: str, features: int, units: int, outputs: int) -> int:
    """Of one direction, as docs/layers.md has them; what a cell keeps at 0 is left out."""
    if cell == "lstm_projection":
        return 4 * units * (features + outputs + 1) + units * outputs
    if cell == "lstm_fgr":
        return 4 * units * (features + 4 * units + 1) + 3 * units - 3 * units**2
    whole = {"lstm": 0, "lstm_peephole": 3, "lstm_niaf": 3, "lstm_noaf": 3, "lstm_layer_norm": 14}
    of_three_blocks = {"lstm_1997": 0, "gru_reset_before": 0, "gru": 1}
    blocks = 1 if cell == "rnn" else 4 if cell in whole else 3
    vectors = 0 if cell == "rnn" else (whole | of_three_blocks).get(cell, 2)
    return blocks * units * (features + units + 1) + vectors * units


def weights_by_formula(model: ModelConfig) -> int:
    """Of a system with the front end of base.toml, norms before the layers, and 31 classes."""
    features, total = 20 * 16, 9 * 16 + 9 * 16 * 16 + 4 * 16
    outputs, directions = model.projection or model.units, 1 + model.bidirectional
    for _ in range(model.layers):
        total += 2 * features + directions * cell_weights(model.cell, features, model.units, outputs)
        features = directions * outputs
    total += (model.look_ahead + 1) * features if model.look_ahead else 0
    if model.attention_units:
        total += (features + 1) * model.attention_units
        features = model.attention_units
    block = 4 * features + 3 * features**2 + features * (features + 1) + 8 * features**2 + 5 * features
    total += model.attention_layers * block + (0 if model.layers else 2 * features)
    return total + 31 * (features + 1)


def test_all_systems_have_the_size_of_the_lstm(part):
    systems = part("systems").read_systems()
    sizes = {system.name: weights_by_formula(system.config().model) for system in systems}
    assert sizes["lstm"] == 774_063
    assert not {name: size for name, size in sizes.items() if abs(size / sizes["lstm"] - 1) > 0.03}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm_fgr", "transformer"])
def test_sizes_are_those_that_are_built(part, name):
    systems = part("systems")
    (system,) = systems.chosen([name])
    assert systems.num_weights(system.config()) == weights_by_formula(system.config().model)


def test_what_live_use_needs(part):
    systems = part("systems")
    live = {one.name: systems.live_use(one.config()) for one in systems.read_systems()}
    assert live["lstm"]["delay_ms"] is None and live["transformer"]["state_bytes"] is None
    # 8 frames of 40 ms, and of the two convolutions 1 frame of 20 ms and 1 of 10 ms.
    assert live["lstm_forward"]["delay_ms"] == 350
    assert live["lstm_forward"]["state_bytes"] == 4 * (3 * 2 * 166 + 8 * 166)  # h and c of three layers; what waits
    assert live["gru_forward"]["state_bytes"] == 4 * (3 * 196 + 8 * 196)
    assert live["lstm_forward"]["state_bytes_a_second"] == 0
    causal = live["transformer_causal"]
    assert (causal["delay_ms"], causal["state_bytes"]) == (30, 0)
    assert causal["state_bytes_a_second"] == 25 * 6 * 2 * 100 * 4  # keys and values of six layers, 25 frames a second


FAKE_ASR = """\
#!/bin/sh
echo "$*" >> calls
case "$*" in train*gru*) exit 130 ;; esac
while [ $# -gt 0 ]; do [ "$1" = --output ] && output=$2; shift; done
case $output in
  *.jsonl) touch "$output" ;;
  *) mkdir -p "$output" && echo '{"commit": "c0ffee"}' > "$output/environment.json" ;;
esac
"""


def test_trainings_that_are_done_are_skipped_and_one_that_fails_costs_the_others_nothing(tmp_path):
    (tmp_path / "asr").write_text(FAKE_ASR)
    (tmp_path / "asr").chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, RECIPE / "trainings.py", "--systems", "rnn", "gru", "lstm_layer_norm"]
        command += ["--percents", "30", "100", "--seeds", "1", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    first = run("--jobs", "2", "--set", "train.epochs=1")
    assert first.returncode == 1
    assert "0 of 5 trainings are done, 5 left" in first.stderr
    assert "gru-30-seed1: stopped with status 130, see logs/gru-30-seed1.log" in first.stderr
    assert "2 of 5 failed" in first.stderr
    left = run("--left")
    assert (left.returncode, left.stdout.split()) == (0, ["gru-30-seed1", "gru-100-seed1"])
    # Trainings that an earlier table has are done where their settings are the same.
    rnn, layer_norm = (tmp_path / "runs" / f"{name}-seed1" for name in ("rnn-30", "lstm_layer_norm-100"))
    settings = json.loads((rnn / "training.json").read_text())["settings"]
    rows = [
        {"system": "rnn", "percent": 30, "seed": 1, "settings": settings},
        {"system": "lstm_layer_norm", "percent": 100, "seed": 1, "settings": "others"},
    ]
    (tmp_path / "table.json").write_text(json.dumps({"errors": rows}))
    for folder in (rnn, layer_norm):
        (folder / "training.json").unlink()
    known = run("--left", "--known", "table.json", "--set", "train.epochs=1")
    assert known.stdout.split() == ["gru-30-seed1", "gru-100-seed1", "lstm_layer_norm-100-seed1"]
    (training,) = [
        line for line in (tmp_path / "calls").read_text().splitlines() if "output runs/rnn-30-seed1 " in line
    ]
    expected = {
        "--set=model.cell=rnn", "--set=model.units=210", "--set=train.seed=1", "--set=data.repeat=[2]",
        f'--set=data.train=["{tmp_path}/shards/train-30"]', "--set=train.epochs=1",
    }  # fmt: skip
    assert expected <= set(training.split())


def write_run(work: Path, name: str, texts: dict[str, str]) -> None:
    path = work / "runs" / name / "hypotheses.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps({"id": key, "text": text}) + "\n" for key, text in texts.items()))
    path.with_name("training.json").write_text(json.dumps({"settings": "those", "commit": "c0ffee"}))


def test_the_table_has_rates_intervals_and_differences_of_all_seeds(part, tmp_path, capsys, monkeypatch):
    ids = [f"u{number}" for number in range(40)]
    (tmp_path / "data").mkdir()
    rows = [{"id": one, "audio_filepath": f"{one}.wav", "duration": 1.0, "text": "A B"} for one in ids]
    (tmp_path / "data" / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for seed in (1, 2):
        write_run(tmp_path, f"lstm-100-seed{seed}", dict.fromkeys(ids, "A B"))
        write_run(tmp_path, f"rnn-100-seed{seed}", dict.fromkeys(ids, "A C"))
        write_run(
            tmp_path, f"gru-100-seed{seed}", {one: "A C" if int(one[1:]) % 2 == seed % 2 else "A B" for one in ids}
        )
    sizes = {name: {"weights": 10, "delay_ms": None} for name in ("rnn", "lstm", "gru")}
    sizes["gru"] |= {"delay_ms": 350, "state_bytes": 1500, "state_bytes_a_second": 0}
    (tmp_path / "sizes.json").write_text(json.dumps(sizes))
    monkeypatch.setattr(sys, "argv", ["gather.py", "--work", str(tmp_path), "--output", str(tmp_path / "out")])
    part("gather").main()
    table = (tmp_path / "out" / "table.md").read_text()
    assert "| lstm | 2 | 0.0 % | 0.0 % to 0.0 % | 0.0 % to 0.0 % | - |" in table
    assert "| rnn | 2 | 50.0 % | 50.0 % to 50.0 % | 50.0 % to 50.0 % | -50.0 (-50.0 to -50.0) |" in table
    assert "| gru | 10 | - | - | - | 350 ms | 1.5 kB | 0 |" in table
    content = json.loads((tmp_path / "out" / "table.json").read_text())
    gru = next(row for row in content["rows"] if row["system"] == "gru")
    assert gru["wer"] == pytest.approx(0.25) and gru["interval"][0] < 0.25 < gru["interval"][1]
    assert gru["difference_interval"] == pytest.approx(gru["interval"])
    assert "system,percent,seeds,wer,low,high" in (tmp_path / "out" / "table.csv").read_text()
    assert (tmp_path / "out" / "wer.svg").read_text().count("<svg") == 1
    assert table in capsys.readouterr().out
    # On another machine, without the runs: what was gathered goes into the next table.
    for seed in (1, 2):
        shutil.rmtree(tmp_path / "runs" / f"rnn-100-seed{seed}")
    known = ["--known", str(tmp_path / "out" / "table.json")]
    monkeypatch.setattr(sys, "argv", ["gather.py", "--work", str(tmp_path), "--output", str(tmp_path / "out"), *known])
    part("gather").main()
    assert (tmp_path / "out" / "table.md").read_text() == table


def test_resamples_draw_seeds_as_well_as_utterances(part):
    gather, words = part("gather"), np.full(50, 2)
    draws = np.random.default_rng(0).multinomial(50, np.full(50, 1 / 50), size=2000)
    apart = np.stack([np.zeros(50), np.ones(50)])  # one seed without errors, one with an error in each utterance
    rates = gather.resampled(apart, words, draws, np.random.default_rng(1))
    # Two seeds are drawn of two: both times the first, both times the second, or each once.
    values, counts = np.unique(rates, return_counts=True)
    assert values.tolist() == [0.0, 0.25, 0.5]
    np.testing.assert_allclose(counts / 2000, [0.25, 0.5, 0.25], atol=0.05)


@pytest.mark.slow
def test_long_memory_is_trained_kept_and_drawn(part, tmp_path, monkeypatch):
    long_memory = part("long_memory")
    frames, labels = long_memory.draw(8, 5, np.random.default_rng(0))
    assert frames.shape == (8, 6, 2) and frames[:, :, 1].sum(axis=1).tolist() == [1.0] * 8
    np.testing.assert_array_equal(labels[:, 0], frames[:, 0, 0] > 0)
    (layer,) = long_memory.CELLS["lstm, slow gates"](8, 400, np.random.default_rng(0))
    bias = np.asarray(layer.bias).reshape(4, 8)
    assert (bias[1] > 0).all() and bias[1].max() < np.log(399) and (bias[0] == -bias[1]).all()
    command = ["long_memory.py", "--cells", "lstm", "self-attention", "--distances", "4", "8", "--seeds", "1"]
    command += ["--units", "4", "--steps", "2", "--work", str(tmp_path / "kept"), "--output", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", command)
    long_memory.main()
    results = json.loads((tmp_path / "long_memory.json").read_text())["results"]
    assert [row["distance"] for row in results["lstm"]] == [4, 8]
    back = [place for place, _ in results["lstm"][1]["before"]]
    assert back == list(range(9)) and all(size > 0 for _, size in results["lstm"][1]["before"])
    first = (tmp_path / "long_memory.svg").read_bytes()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}
    long_memory.main()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()} == kept
    assert (tmp_path / "long_memory.svg").read_bytes() == first


def test_run_sh_goes_from_recordings_to_the_table(checkout):
    assert (
        checkout.run("odyssey", "--percents", "10 100", "--seeds", "1", "--", "--set", "train.epochs=1").returncode == 0
    )
    folder, calls = checkout.root / "recipes" / "odyssey", checkout.calls
    prepare = "asr prepare data/{0}.jsonl --config ../base.toml --output shards/{0} --resume"
    share = f"python {folder}/subsets.py data/train.jsonl --percent {{0}} --output data/train-{{0}}.jsonl"
    assert calls == [
        "asr corpus prepare an4 data",
        share.format(10),
        prepare.format("train-10"),
        share.format(100),
        prepare.format("train-100"),
        prepare.format("dev"),
        prepare.format("test"),
        f"python {folder}/systems.py --set train.epochs=1 --output sizes.json",
        f"python {folder}/trainings.py --percents 10 100 --seeds 1 --set train.epochs=1",
        f"python {folder}/time_steps.py --set train.epochs=1 --output steps.json",
        f"python {folder}/long_memory.py --distances 100 400 1600 --output ../results/full",
        f"python {folder}/gather.py --output ../results/full",
    ]


def test_results_can_be_gone_on_with_where_their_trainings_are_not(checkout):
    results = checkout.root / "recipes" / "odyssey" / "results" / "full"
    results.mkdir(parents=True)
    for name in ("steps.json", "long_memory.json"):
        (results / name).touch()
    assert checkout.run("odyssey", "--go-on").returncode == 0
    scripts = [call.partition("odyssey/")[2] for call in checkout.calls if call.startswith("python")]
    known = "--known ../results/full/table.json"
    assert scripts[-2:] == [
        f"trainings.py --percents 10 30 100 --seeds 1 2 3 {known}",
        f"gather.py --output ../results/full {known}",
    ]


def test_a_quick_run_keeps_to_its_own_folder_and_few_systems(checkout):
    assert checkout.run("odyssey", "--quick", "--jobs", "2").returncode == 0
    (training,) = [call for call in checkout.calls if "trainings.py" in call]
    assert training.endswith(
        "--systems rnn lstm gru hybrid transformer --percents 30 100 --seeds 1 --jobs 2 "
        "--set train.epochs=4 --set schedule.warmup_epochs=1"
    )
    assert checkout.calls[-1].endswith("gather.py --output results")
    assert (checkout.root / "recipes" / "odyssey" / "work" / "quick").is_dir()
    assert not (checkout.root / "recipes" / "odyssey" / "results").exists()


def test_what_is_left_can_be_asked_for_alone(checkout):
    assert checkout.run("odyssey", "--left").returncode == 0
    (call,) = checkout.calls
    assert call.endswith("trainings.py --percents 10 30 100 --seeds 1 2 3 --left")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_quick_version_of_all_of_it(an4, tmp_path):
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [RECIPE / "run.sh", "--quick", "--data", an4, "--work", tmp_path]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    results = tmp_path / "results"
    names = {
        "table.md",
        "table.csv",
        "table.json",
        "steps.json",
        "wer.svg",
        "long_memory.svg",
        "long_memory.json",
        "gates",
    }
    assert {path.name for path in results.iterdir()} == names
    assert len(list((results / "gates").glob("*.html"))) == 3
    assert "| transformer |" in (results / "table.md").read_text()
    for path in results.rglob("*"):
        assert path.is_dir() or str(tmp_path) not in path.read_text()
