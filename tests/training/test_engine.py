import numpy as np
import pytest

from asr.batches import cut_buckets, make_batch, plan_epoch
from asr.config import Config, parse_config
from asr.training.devices import choose_devices
from asr.training.engine import Engine

RNG = np.random.default_rng(0)
NUM_FRAMES = [12, 14, 30, 33]


def engine(model=(), optimizer=(), **train) -> tuple[Engine, Config]:
    settings = {
        "features": {"num_mels": 8},
        "model": {"layers": 1, "units": 8, **dict(model)},
        "optimizer": dict(optimizer),
        "schedule": {"warmup_epochs": 0},
        "data": {"frames_per_batch": 60, "num_buckets": 2},
        "train": {"epochs": 50, **train},
    }
    config = parse_config(settings, "test")
    return choose_devices("one").make_engine(config, 4, 2), config


def batches(config: Config, epoch: int = 0, scale: float = 1.0):
    buckets = cut_buckets(NUM_FRAMES, [2] * 4, config.data)
    for plan in plan_epoch(buckets, seed=1, epoch=epoch, short_first=False):
        frames = [np.random.default_rng(i).normal(size=(n, 8)) * scale for i, n in enumerate(NUM_FRAMES)]
        yield make_batch(plan, frames.__getitem__, lambda index: [1 + index % 3, 3], 8)


def seeds(batch) -> np.ndarray:
    return np.arange(len(batch.rows), dtype=np.int32)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_steps_bring_the_loss_down_in_every_precision_and_each_shape_is_traced_once(precision):
    made, config = engine(precision=precision)
    losses = [sum(made.step(batch, seeds(batch)).total_loss for batch in batches(config, epoch)) for epoch in range(25)]
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]
    assert made.num_traces == 2  # buckets


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_step_with_a_gradient_that_is_not_finite_leaves_the_weights_alone():
    made, config = engine(precision="float16")
    batch = next(batches(config))
    before = [np.array(weight) for weight in made.model.trainable_variables]
    for weight in made.model.trainable_variables[-1:]:
        weight.assign(np.full(weight.shape, np.nan))
    step = made.step(batch, seeds(batch))
    assert not step.applied
    assert not np.isfinite(step.total_loss)
    for weight, value in zip(made.model.trainable_variables[:-1], before[:-1], strict=True):
        np.testing.assert_array_equal(weight, value)


def test_weights_decay_but_for_biases_gains_and_norms():
    optimizer = {"weight_decay": 100.0, "learning_rate": 1e-3}
    made, config = engine({"cell": "lstm_layer_norm", "norm": "batch"}, optimizer=optimizer)
    variables = made.model.trainable_variables
    before = [np.array(variable) for variable in variables]
    batch = next(batches(config))
    made.step(batch, seeds(batch))
    for variable, value in zip(variables, before, strict=True):
        kept = 0.9 if variable.name in ("kernel", "recurrent_kernel") else 1.0  # 1 - rate * decay
        # The first step of Adam is at most the rate.
        np.testing.assert_allclose(np.asarray(variable), kept * value, atol=1.01e-3, err_msg=variable.path)


def test_losses_are_of_rows_and_empty_rows_have_none():
    made, config = engine()
    batch = next(batches(config))
    step = made.step(batch, seeds(batch))
    assert step.losses.shape == (len(batch.rows),)
    assert step.losses.sum() == pytest.approx(step.total_loss, rel=1e-5)


def test_the_state_comes_back_from_disk(tmp_path):
    made, config = engine()
    batch = next(batches(config))
    made.step(batch, seeds(batch))
    made.save(tmp_path)
    after = made.step(batch, seeds(batch)), made.get_weights()
    again, _ = engine(seed=9)
    again.restore(tmp_path)
    step = again.step(batch, seeds(batch))
    assert step.total_loss == after[0].total_loss
    for first, second in zip(again.get_weights(), after[1], strict=True):
        np.testing.assert_array_equal(first, second)
