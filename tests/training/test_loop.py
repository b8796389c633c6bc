"""The loop's decisions, with an engine whose steps are written in the test."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from asr.batches import FILLER
from asr.config import load_config
from asr.errors import TrainingError
from asr.training.checkpoint import Checkpoints
from asr.training.engine import Step
from asr.training.loop import Loop
from asr.training.setup import set_up

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # tensorboardX's protobuf


class WrittenEngine:
    """Takes losses of the steps from a list and knows nothing of networks."""

    learning_rate = 1e-3

    def __init__(self, setup, losses):
        self._setup, self._losses = setup, iter(losses)
        self.model = SimpleNamespace(stop_training=False)

    def step(self, batch, seeds, stop):
        loss, norm = next(self._losses, (1.0, 1.0))
        rows = np.where(batch.rows == FILLER, 0.0, loss).astype(np.float32)
        total = float(rows.sum())
        return Step(rows, total, norm, bool(np.isfinite([total, norm]).all()))

    def evaluate(self, batch):
        num_classes = len(self._setup.tokens)
        uniform = np.full((len(batch.rows), batch.frames.shape[1], num_classes), -np.log(num_classes))
        return np.ones(len(batch.rows)), uniform

    def save(self, folder):
        (folder / "weights").write_text("")

    def restore(self, folder):
        assert (folder / "weights").is_file()


@pytest.fixture
def make_loop(tiny_config, tmp_path):
    def make(losses=(), callbacks=(), say=lambda text: None, **settings):
        overrides = [f"train.{key}={value}" for key, value in settings.items()]
        config = load_config(tiny_config, overrides)
        setup = set_up(config, replicas=1, is_chief=True, tokens=None, say=lambda text: None)
        loop = Loop(setup, WrittenEngine(setup, losses), tmp_path, callbacks, say)
        return loop, setup

    return make


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_utterances(make_loop):
    loop, setup = make_loop([(1.0, 1.0), (float("nan"), 1.0)])
    with pytest.raises(
        TrainingError, match=r"step 1: the loss is not finite, of (an4[\w.-]+(, )?)+: look at"
    ) as caught:
        loop.run()
    assert any(example.id in str(caught.value) for example in setup.train.examples)


def test_too_many_skipped_steps_in_a_row_stop_the_run(make_loop):
    overflow = (1.0, float("inf"))
    loop, _ = make_loop([overflow, overflow, (1.0, 1.0), *[overflow] * 3], max_skipped_steps=3, precision="float16")
    with pytest.raises(
        TrainingError, match="step 5: 3 steps in a row had a gradient that is not finite, this one of an4"
    ):
        loop.run()


def test_without_a_loss_scale_the_first_gradient_that_is_not_finite_stops_the_run(make_loop):
    loop, _ = make_loop([(1.0, 1.0), (1.0, float("inf"))])
    with pytest.raises(TrainingError, match="step 1: 1 step had a gradient that is not finite, this one of an4"):
        loop.run()


def test_each_epoch_is_a_line_of_history_and_the_best_is_pointed_to(make_loop, tmp_path):
    loop, setup = make_loop(epochs=2)
    loop.run()
    records = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2]
    assert records[0]["step"] == setup.steps_per_epoch
    assert records[0]["wer"] == 1.0  # every frame's best token is the blank
    assert records[0]["blank_rate"] == 1.0
    assert records[0]["samples"][0].keys() == {"id", "reference", "hypothesis"}
    assert (tmp_path / "weights" / "best").read_text().strip() == f"step-{setup.steps_per_epoch}"
    assert any((tmp_path / "logs").iterdir())


def test_patience_ends_a_training_that_gets_no_better(make_loop):
    loop, _ = make_loop(epochs=3, patience=1)
    assert loop.run().epoch == 2


def test_keras_callbacks_hear_of_epochs_and_batches_and_can_stop(make_loop):
    heard = []

    class Listener(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            heard.append(("batch", batch, sorted(logs)))

        def on_epoch_end(self, epoch, logs=None):
            heard.append(("epoch", epoch, logs["wer"]))
            self.model.stop_training = True

    loop, setup = make_loop(callbacks=[Listener()])
    loop.run()
    batches = [("batch", number, ["loss"]) for number in range(setup.steps_per_epoch)]
    assert heard == [*batches, ("epoch", 0, 1.0)]


def test_only_checkpoints_that_something_needs_are_kept(make_loop, tmp_path):
    loop, setup = make_loop(epochs=3, average_last=2, checkpoint_steps=1)
    loop.run()
    steps = {int(path.name.split("-")[1]) for path in (tmp_path / "weights").glob("step-*")}
    each = setup.steps_per_epoch
    assert steps == {each, 2 * each, 3 * each}  # best, and the last two
    progress, folder = Checkpoints(tmp_path / "weights").load()
    assert progress.step == 3 * each
    assert folder.name == f"step-{3 * each}"


def test_a_run_killed_between_an_epochs_checkpoint_and_its_line_of_history_has_the_line_when_resumed(
    make_loop, tmp_path
):
    make_loop(epochs=1)[0].run()
    line = (tmp_path / "history.jsonl").read_text()
    (tmp_path / "history.jsonl").unlink()
    loop, _ = make_loop(epochs=1)
    assert loop.resume()
    loop.run()
    assert (tmp_path / "history.jsonl").read_text() == line


def test_each_epoch_shows_three_transcripts(make_loop):
    said = []
    loop, setup = make_loop(epochs=1, say=said.append)
    loop.run()
    names = [example.id for example in setup.dev.examples[:3]]
    assert [line.split(":")[0].strip() for line in said] == names
    assert said[0].endswith(f": {setup.dev.examples[0].text!r} came out as ''")
