"""Trainings that go on from another run's weights."""

import numpy as np
import pytest

from asr import run as run_folder
from asr.config import load_config
from asr.errors import ConfigError, RunError
from asr.training.train import train

NEXT_TO_NO_STEP = ("train.epochs=1", "data.num_buckets=1", "optimizer.learning_rate=1e-12")


def fine_tune(config, folder, *settings):
    said = []
    train(load_config(config, [*NEXT_TO_NO_STEP, *settings]), folder, say=said.append)
    return run_folder.load(folder), "\n".join(said)


def trainable(run):
    return [np.asarray(weight) for weight in run.model.trainable_variables]


def test_a_training_starts_from_the_weights_and_tokens_of_another(tiny_config, tiny_run, tmp_path):
    tuned, said = fine_tune(tiny_config, tmp_path / "run", f"train.start_from='{tiny_run}'")
    assert f"started from {tiny_run}" in said.splitlines()
    start = run_folder.load(tiny_run)
    assert tuned.tokens.labels == start.tokens.labels
    for ours, theirs in zip(trainable(tuned), trainable(start), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-8)


def test_other_tokens_get_a_new_output_layer(tiny_config, tiny_run, tmp_path):
    labels = [" ", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    tuned, said = fine_tune(tiny_config, tmp_path / "run", f"train.start_from='{tiny_run}'", f"tokens.labels={labels}")
    assert "; anew: output layer" in said
    assert tuned.tokens.labels[1:] == tuple(labels)
    start = run_folder.load(tiny_run)
    for ours, theirs in zip(tuned.model.recurrent[1].weights, start.model.recurrent[1].weights, strict=True):
        if ours.trainable:
            np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), atol=1e-8)


def test_a_deeper_model_takes_what_fits(tiny_config, tiny_run, tmp_path):
    _, said = fine_tune(tiny_config, tmp_path / "run", f"train.start_from='{tiny_run}'", "model.layers=3")
    assert "; anew: recurrent layer 3" in said


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("features.num_mels=16", ConfigError, r"other features: take its \[features\]"),
        ("model.conv=[{channels=5}]", ConfigError, r"fits no layer of this model: take its \[model\]"),
        ("train.start_from='nowhere'", RunError, r"nowhere: not a run folder"),
    ],
)
def test_what_does_not_fit_is_named(tiny_config, tiny_run, tmp_path, setting, error, message):
    settings = [f"train.start_from='{tiny_run}'", "model.units=8", setting]
    with pytest.raises(error, match=message):
        fine_tune(tiny_config, tmp_path / "run", *settings)


def test_the_run_is_named_relative_to_the_config(tmp_path):
    (tmp_path / "c.toml").write_text("[train]\nstart_from = 'runs/base'\n")
    assert load_config(tmp_path / "c.toml").train.start_from == str(tmp_path / "runs" / "base")
