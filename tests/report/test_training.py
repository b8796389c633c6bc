import json
import math
from pathlib import Path

import pytest

from asr.errors import ManifestError
from asr.report.training import Best, read_trainings

AN4 = Path(__file__).resolve().parents[2] / "recipes" / "an4" / "results" / "greedy"
EPOCH = {
    "epoch": 1,
    "step": 5,
    "loss": 3.0,
    "learning_rate": 0.001,
    "samples": [{"id": "u", "reference": "a", "hypothesis": "b"}],
    "timing": {"seconds": 10.0, "frames_per_second": 100.0, "data_wait": 0.5},
}


def run_folder(folder, *epochs, settings=""):
    folder.mkdir(parents=True)
    (folder / "history.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    (folder / "config.toml").write_text(settings)
    return folder


def only_run(folder):
    (run,) = read_trainings([folder], ["asr", "report"]).runs
    return run


def test_a_committed_result_is_read():
    run = only_run(AN4)
    rates = [json.loads(line)["wer"] for line in (AN4 / "history.jsonl").read_text().splitlines()]
    assert (run.name, len(run.records), run.diverged) == ("greedy", len(rates), None)
    assert run.best == Best("WER", min(rates), 1 + rates.index(min(rates)))


def test_what_an_epoch_did_not_measure_is_not_known(tmp_path):
    run = only_run(run_folder(tmp_path / "run", EPOCH))
    assert run.best is None
    assert run.records[0].val_loss is None


def test_the_first_of_equal_epochs_is_the_best_and_phones_have_a_rate_of_their_own(tmp_path):
    epochs = [EPOCH | {"epoch": epoch, "wer": None, "per": per} for epoch, per in ((1, 0.5), (2, 0.3), (3, 0.3))]
    assert only_run(run_folder(tmp_path / "run", *epochs)).best == Best("PER", 0.3, 2)


def test_a_training_that_diverged_says_where_and_its_best_epoch_is_one_with_a_rate(tmp_path):
    rates = (0.5, math.nan, 0.7)
    epochs = [EPOCH | {"epoch": epoch, "wer": rate} for epoch, rate in enumerate(rates, start=1)]
    run = only_run(run_folder(tmp_path / "run", epochs[0], epochs[1] | {"loss": math.nan}, epochs[2]))
    assert (run.diverged, run.best) == (2, Best("WER", 0.5, 1))
    assert only_run(run_folder(tmp_path / "other", EPOCH | {"val_loss": math.inf})).diverged == 1


def test_throughput_is_weighed_by_time(tmp_path):
    long = EPOCH | {"epoch": 2, "timing": {"seconds": 30.0, "frames_per_second": 200.0, "data_wait": 0.1}}
    run = only_run(run_folder(tmp_path / "run", EPOCH, long))
    assert (run.seconds, run.frames_per_second, run.data_wait) == (40.0, 175.0, pytest.approx(0.2))


def test_runs_are_told_apart_by_name_and_by_the_settings_in_which_they_differ(tmp_path):
    first = run_folder(tmp_path / "a" / "run", EPOCH, settings="[model]\nunits = 8\nlayers = 2\n")
    second = run_folder(tmp_path / "b" / "run", EPOCH, settings="[model]\nunits = 16\nlayers = 2\n[train]\nseed = 3\n")
    report = read_trainings([first, second], [])
    assert [run.name for run in report.runs] == ["a/run", "b/run"]
    assert report.differences == {"model.units": ("8", "16"), "train.seed": (None, "3")}
    assert len({run.name for run in read_trainings([first, first], []).runs}) == 2


@pytest.mark.parametrize("line", ['{"epoch": 1}', '{"epoch": "one"}', "[]", "no JSON", ""])
def test_what_is_no_history_is_named(tmp_path, line):
    folder = run_folder(tmp_path / "run")
    (folder / "history.jsonl").write_text(f"{line}\n")
    with pytest.raises(ManifestError, match=r"history\.jsonl"):
        read_trainings([folder], [])


def test_a_key_that_an_epoch_lacks_is_named(tmp_path):
    folder = run_folder(tmp_path / "run")
    (folder / "history.jsonl").write_text('{"epoch": 1}\n')
    with pytest.raises(ManifestError, match=r"history\.jsonl:1: not an epoch .* \(no key 'step'\): name a run"):
        read_trainings([folder], [])


def test_a_folder_without_a_history_is_no_run_folder(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ManifestError, match=rf"{folder}: no history\.jsonl in it: name a run folder"):
            read_trainings([folder], [])


def test_settings_that_are_no_toml_are_named(tmp_path):
    with pytest.raises(ManifestError, match=r"config\.toml: not TOML"):
        read_trainings([run_folder(tmp_path / "run", EPOCH, settings="= 3")], [])
