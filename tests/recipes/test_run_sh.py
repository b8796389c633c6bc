"""What run.sh calls, in which order and where; `asr` itself is replaced by one that only writes that down."""

import os
from pathlib import Path

import pytest

from asr.config import load_config

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(path for path in (ROOT / "recipes").glob("*/*.toml") if path.name != "space.toml")  # of asr tune


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def give_books(checkout) -> None:
    books = checkout.root.parent / "shared" / "data" / "lm" / "books-train.txt.xz"
    books.parent.mkdir(parents=True)
    books.touch()


def test_an4_goes_from_recordings_to_a_score(checkout):
    assert checkout.run("an4").returncode == 0
    assert checkout.calls[:6] == [
        "asr corpus prepare an4 data",
        "asr prepare data/train.jsonl --config ../config.toml --augment --output shards/train --resume",
        "asr prepare data/dev.jsonl --config ../config.toml --output shards/dev --resume",
        "asr train ../config.toml --output runs/greedy --resume",
        "asr decode runs/greedy data/test.jsonl --output runs/greedy/hypotheses.jsonl --beam-size 1",
        "asr score data/test.jsonl runs/greedy/hypotheses.jsonl --by speaker --markdown runs/greedy/report.md",
    ]


def test_an4_tunes_a_language_model_on_the_development_set_and_scores_the_test_set_once_with_it(checkout):
    assert checkout.run("an4").returncode == 0
    found = "runs/greedy/beam_lm"
    assert checkout.calls[6:12] == [
        "asr lm train data/train.jsonl --output lm/train.asrlm --order 3",
        f"asr decode runs/greedy data/dev.jsonl --output {found}/greedy-dev.jsonl --beam-size 1 "
        "--save-log-probs runs/greedy/log-probs-dev.npz",
        "asr lm tune runs/greedy runs/greedy/log-probs-dev.npz data/dev.jsonl --lm lm/train.asrlm --resume",
        f"asr decode runs/greedy data/dev.jsonl --output {found}/calibration-dev.jsonl --lm lm/train.asrlm "
        "--calibrate temperature",
        f"asr decode runs/greedy data/test.jsonl --output {found}/hypotheses.jsonl --lm lm/train.asrlm",
        f"asr score data/test.jsonl {found}/hypotheses.jsonl --by speaker --markdown {found}/report.md",
    ]
    kept = texts(checkout.root / "recipes" / "an4" / "results" / "characters_beam_lm")
    assert kept["decoder.json"] == '{"tuning": {"lm": "lm/train.asrlm"}}\n'
    assert kept.keys() - {"decoder.json"} == texts(checkout.root / "recipes" / "an4" / "results" / "greedy").keys()


def test_an4_then_trains_phones_which_say_nothing_without_words(checkout):
    assert checkout.run("an4").returncode == 0
    found = "runs/phones/beam_lm"
    assert checkout.calls[12:] == [
        "asr train ../phones.toml --output runs/phones --resume",
        f"asr decode runs/phones data/dev.jsonl --output {found}/greedy-dev.jsonl --beam-size 1 "
        "--save-log-probs runs/phones/log-probs-dev.npz",
        "asr lm tune runs/phones runs/phones/log-probs-dev.npz data/dev.jsonl --lm lm/train.asrlm --resume",
        f"asr decode runs/phones data/dev.jsonl --output {found}/calibration-dev.jsonl --lm lm/train.asrlm "
        "--calibrate temperature",
        f"asr decode runs/phones data/test.jsonl --output {found}/hypotheses.jsonl --lm lm/train.asrlm",
        f"asr score data/test.jsonl {found}/hypotheses.jsonl --by speaker --markdown {found}/report.md",
        "asr compare data/test.jsonl ../results/greedy/hypotheses.jsonl ../results/characters_beam_lm/hypotheses.jsonl "
        "../results/beam_lm/hypotheses.jsonl --name greedy --name characters_beam_lm --name beam_lm "
        "--markdown ../results/comparison.md",
    ]


@pytest.mark.parametrize(
    ("results", "beside"),
    [
        ("seed2_greedy", {"seed2_characters_beam_lm", "seed2_beam_lm", "seed2_comparison.md"}),
        ("wide", {"wide_characters_beam_lm", "wide_beam_lm", "wide_comparison.md"}),
        ("greedy_9", {"characters_beam_lm_9", "beam_lm_9", "comparison_9.md"}),
    ],
)
def test_results_with_a_language_model_lie_beside_those_without(checkout, tmp_path, results, beside):
    assert checkout.run("an4", "--results", f"greedy runs/{results}", cwd=tmp_path).returncode == 0
    assert {path.name for path in (tmp_path / "greedy runs").iterdir()} == {results} | beside


def test_librispeech_recipes_take_the_books_beside_the_repository(checkout):
    give_books(checkout)
    for recipe, development, systems in (
        ("mini_librispeech", "dev-weights", ["greedy"]),
        ("librispeech", "dev-other", ["greedy"]),
    ):
        assert checkout.run(recipe).returncode == 0
        called = f"data/{development}.jsonl --lm lm/books.asrlm "
        tuned = [call for call in checkout.calls if call.startswith("asr lm tune") and called in call]
        assert [call.split()[3] for call in tuned] == [f"runs/{system}" for system in systems]
        assert "decoder.json" in texts(checkout.root / "recipes" / recipe / "results" / "beam_lm")


def test_weights_are_tuned_on_half_of_the_utterances_in_the_beam_that_is_searched_with(checkout):
    give_books(checkout)
    assert checkout.run("mini_librispeech").returncode == 0
    (tuned,) = [call for call in checkout.calls if call.startswith("asr lm tune")]
    assert tuned.endswith("--lm lm/books.asrlm --resume --beam-size 200 --trials 40")
    weights = checkout.root / "recipes" / "mini_librispeech" / "work" / "data" / "dev-weights.jsonl"
    assert weights.read_text().split() == ["1", "3", "5", "7", "9", "11"]  # every second utterance of dev-tune
    (decoded,) = [call for call in checkout.calls if call.startswith("asr decode") and "data/dev-report.jsonl" in call]
    assert "--beam-size" not in decoded  # that of the tuning stands in decoder.json


def test_each_command_is_printed_and_at_the_end_the_time(checkout):
    said = checkout.run("an4").stderr
    assert [line for line in said.splitlines() if line.startswith("+ asr")] == [f"+ {call}" for call in checkout.calls]
    assert "+ done in 0 h 0 min" in said


def test_recordings_beside_the_repository_are_used_where_there_are_some(checkout):
    restore = checkout.root.parent / "shared" / "data" / "restore.py"
    restore.parent.mkdir(parents=True)
    restore.touch()
    checkout.run("an4", "--jobs", "3")
    beside = checkout.root / ".." / "shared" / "data" / "restore.py"
    assert checkout.calls[:2] == [
        f"python {beside} data --only an4 --jobs 3",
        "asr corpus prepare an4 data --from data/an4",
    ]


def test_data_that_is_named_is_used_and_nothing_else(checkout, tmp_path):
    archive = tmp_path / "an4.tar.gz"
    archive.touch()
    checkout.run("an4", "--data", "an4.tar.gz", cwd=tmp_path)
    assert checkout.calls[0] == f"asr corpus prepare an4 data --from {archive}"


def test_results_are_what_is_committed(checkout):
    checkout.run("an4")
    results = checkout.root / "recipes" / "an4" / "results" / "greedy"
    assert set(texts(results)) == {
        "config.toml", "history.jsonl", "hypotheses.jsonl", "report.md", "environment.json"
    }  # fmt: skip


@pytest.mark.parametrize("where", [[], ["--work", "elsewhere/work folder"]])
def test_results_name_no_folder_of_the_machine(checkout, tmp_path, where):
    checkout.run("an4", *where, "--results", "kept/greedy", cwd=tmp_path)
    results = texts(tmp_path / "kept" / "greedy")
    assert not [name for name, text in results.items() if str(tmp_path) in text]
    # Two folders above results/NAME/config.toml is the recipe's own.
    assert results["config.toml"] == 'train = ["../../work/shards/train"]\n'


def test_another_work_folder_holds_everything_and_is_told_to_the_training(checkout, tmp_path):
    work = tmp_path / "other"
    assert checkout.run("an4", f"--work={work}").returncode == 0
    config = checkout.root / "recipes" / "an4" / "config.toml"
    assert checkout.calls[3] == (
        f"asr train {config} --output runs/greedy --resume "
        f'--set data.train=["{work}/shards/train"] --set data.dev=["{work}/shards/dev"]'
    )
    assert (work / "runs" / "greedy" / "report.md").is_file()
    assert not (checkout.root / "recipes" / "an4" / "work").exists()


def test_a_second_run_does_not_unpack_again(checkout):
    checkout.run("an4")
    first = checkout.calls
    assert "+ done before: asr corpus prepare an4 data" in checkout.run("an4").stderr
    made = {"asr corpus prepare an4 data", "asr lm train data/train.jsonl --output lm/train.asrlm --order 3"}
    again = [call for call in first if call not in made and "--save-log-probs" not in call]
    assert checkout.calls[len(first) :] == again


def test_another_corpus_is_prepared_anew(checkout, tmp_path):
    checkout.run("an4")
    checkout.run("an4", "--data", tmp_path)
    assert f"asr corpus prepare an4 data --from {tmp_path}" in checkout.calls


def test_a_stage_that_fails_ends_the_recipe_with_its_status(checkout):
    checkout.environment["FAIL"] = "train"
    stopped = checkout.run("an4")
    assert stopped.returncode == 130
    assert "recipes/an4/run.sh: stopped with status 130" in stopped.stderr
    assert checkout.calls[-1].startswith("asr train")
    assert not (checkout.root / "recipes" / "an4" / "results").exists()


def test_options_for_the_training_reach_it_and_those_of_features_the_preparation_too(checkout):
    checkout.run(
        "an4", "--results", "seed2_greedy", "--", "--set", "train.seed=2", "--set", "features.num_mels=40",
        "--set=augment.speeds=[1.0]",
    )  # fmt: skip
    prepare, train = checkout.calls[1], checkout.calls[3]
    assert prepare.endswith("--resume --set features.num_mels=40 --set=augment.speeds=[1.0]")
    assert train == (
        "asr train ../config.toml --output runs/seed2_greedy --resume "
        "--set train.seed=2 --set features.num_mels=40 --set=augment.speeds=[1.0]"
    )


def test_a_launcher_starts_the_training_alone(checkout, tmp_path):
    launcher = tmp_path / "on_all.sh"
    launcher.write_text('#!/bin/sh\necho "launched $*" >> "$CALLS"\nshift 2\nexec "$@"\n')
    launcher.chmod(0o755)
    assert checkout.run("an4", "--launch", "./on_all.sh --nodes 2", cwd=tmp_path).returncode == 0
    assert [call for call in checkout.calls if call.startswith("launched")] == [
        "launched --nodes 2 asr train ../config.toml --output runs/greedy --resume",
        "launched --nodes 2 asr train ../phones.toml --output runs/phones --resume",
    ]


@pytest.mark.parametrize("development", ["dev-clean", "dev-clean-2"])
def test_mini_librispeech_reports_five_speakers_and_the_whole_development_set(checkout, development):
    checkout.environment["DEVELOPMENT"] = development
    assert checkout.run("mini_librispeech").returncode == 0
    assert checkout.calls[1:4] == [
        "asr prepare data/train-clean-5.jsonl --config ../config.toml --augment --output shards/train --resume",
        "asr prepare data/dev-tune.jsonl --config ../config.toml --output shards/dev --resume",
        "asr train ../config.toml --output runs/greedy --resume",
    ]
    results = texts(checkout.root / "recipes" / "mini_librispeech" / "results" / "beam_lm")
    assert results["hypotheses.jsonl"] == "data/dev-report.jsonl\n"
    assert results[f"hypotheses-{development}.jsonl"] == f"data/{development}.jsonl\n"
    assert {"report.md", f"report-{development}.md"} <= set(results)


def test_librispeech_prepares_only_the_subsets_that_it_needs(checkout):
    assert checkout.run("librispeech").returncode == 0
    assert checkout.calls[:5] == [
        f"asr corpus prepare librispeech-{name} data"
        for name in ("train-clean-100", "dev-clean", "dev-other", "test-clean", "test-other")
    ]


def test_librispeech_trains_on_960_hours_with_a_config_of_its_own(checkout):
    assert checkout.run("librispeech", "--hours", "960").returncode == 0
    assert checkout.calls[7:10] == [
        "asr prepare data/train-clean-100.jsonl data/train-clean-360.jsonl data/train-other-500.jsonl "
        "--config ../config_960.toml --augment --output shards/train-960 --resume",
        "asr prepare data/dev-clean.jsonl data/dev-other.jsonl --config ../config_960.toml "
        "--output shards/dev --resume",
        "asr train ../config_960.toml --output runs/greedy_960h --resume",
    ]
    results = checkout.root / "recipes" / "librispeech" / "results" / "greedy_960h"
    assert {"hypotheses.jsonl", "hypotheses-test-other.jsonl", "report-test-other.md"} <= set(texts(results))


def test_english_small_trains_on_everything_then_on_recordings_alone_then_the_streaming_model(checkout, tmp_path):
    give_books(checkout)
    (checkout.root / "recipes" / "mini_librispeech" / "work" / "runs" / "greedy" / "weights").mkdir(parents=True)
    more = tmp_path / "more.jsonl"
    more.touch()
    assert checkout.run("english_small", "--extra", more, "--hours", "2").returncode == 0
    prepared = [call for call in checkout.calls if call.startswith("asr prepare")]
    assert prepared[0].startswith(f"asr prepare data/train-clean-5.jsonl data/train.jsonl {more} --config")
    assert prepared[1].startswith("asr prepare ./synthetic.jsonl --config")
    assert [call for call in checkout.calls if call.startswith("asr train")] == [
        "asr train ../config.toml --output runs/greedy --resume",
        "asr train ../last.toml --output runs/last --resume",
        "asr train ../streaming.toml --output runs/streaming --resume",
    ]
    assert [call for call in checkout.calls if call.startswith("asr package")] == [
        f"asr package runs/{run} --output pretrained/{name} --lm-shared pretrained/lm/books.asrlm "
        "--check data/dev-tune.jsonl"
        for run, name in (("last", "english-small"), ("streaming", "english-streaming"))
    ]
    assert {"beam_lm", "streaming_beam_lm"} == {
        path.name for path in (checkout.root / "recipes" / "english_small" / "results").iterdir()
    }


def test_a_training_that_starts_from_another_finds_it_in_another_work_folder(checkout, tmp_path):
    give_books(checkout)
    (checkout.root / "recipes" / "mini_librispeech" / "work" / "runs" / "greedy" / "weights").mkdir(parents=True)
    work = tmp_path / "other"
    checkout.run("english_small", f"--work={work}")
    trained = [call for call in checkout.calls if call.startswith("asr train")]
    assert trained[0].endswith(
        f'--set data.train=["{work}/shards/real","{work}/shards/synthetic"] --set data.dev=["{work}/shards/dev"]'
    )
    assert trained[1].endswith(f"--set train.start_from={work}/runs/greedy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speed", "1"], "--speed: unknown"),
        (["--data"], "--data: needs a value"),
        (["--data", "nowhere"], "--data nowhere: no such file or folder"),
        (["train.seed=2"], "train.seed=2: not an option"),
        (["--hours", "460"], "--hours 460: choose 100 or 960"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_nothing_is_made(checkout, arguments, message):
    refused = checkout.run("librispeech", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"recipes/librispeech/run.sh: {message}")
    assert refused.stderr.count("\n") == 1
    assert not checkout.calls
    assert not (checkout.root / "recipes" / "librispeech" / "work").exists()


def test_without_an_environment_it_says_how_to_make_one(checkout):
    refused = checkout.run("an4", path=os.defpath)
    assert refused.returncode == 2
    assert "run `make install`" in refused.stderr


def test_the_repositorys_own_environment_is_found(checkout):
    (checkout.root / ".venv").mkdir()
    (checkout.root.parent / "bin").rename(checkout.root / ".venv" / "bin")
    assert checkout.run("an4", path=os.defpath).returncode == 0


@pytest.mark.parametrize("recipe", ["an4", "mini_librispeech", "librispeech"])
def test_help_says_what_it_does_and_does_nothing(checkout, recipe):
    shown = checkout.run(recipe, "--help")
    assert shown.returncode == 0
    assert f"Usage: recipes/{recipe}/run.sh" in shown.stdout
    assert "#" not in shown.stdout
    assert not checkout.calls


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_configs_are_valid_and_read_shards_of_the_recipes_work_folder(path):
    data = load_config(path).data
    places = {Path(name).parent for name in (*data.train, *data.dev)}
    assert places == {path.parent / "work" / "shards"}
