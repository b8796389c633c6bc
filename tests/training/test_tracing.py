"""A whole training traces its network once for each shape of batch, and never again."""

import functools

import keras
import pytest

from asr.config import load_config
from asr.model import AcousticModel
from asr.training.train import train

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # tensorboardX's protobuf


class TraceCounter(keras.callbacks.Callback):
    """Counts how often the network's Python code has run by the end of each epoch: only tracing runs it."""

    def __init__(self, monkeypatch):
        super().__init__()
        self.calls, self.by_epoch = 0, []
        call = AcousticModel.call

        @functools.wraps(call)  # Keras reads its arguments' names
        def counted(model, *args, **kwargs):
            self.calls += 1
            return call(model, *args, **kwargs)

        monkeypatch.setattr(AcousticModel, "call", counted)

    def on_epoch_end(self, epoch, logs=None):
        self.by_epoch.append(self.calls)


def test_nothing_is_traced_after_the_first_pass_over_the_shapes(tiny_config, tmp_path, monkeypatch):
    counter = TraceCounter(monkeypatch)
    train(load_config(tiny_config, ["model.layers=1", "train.epochs=3"]), tmp_path / "run", callbacks=[counter])
    first, *later = counter.by_epoch
    assert first >= 2 * 2  # two buckets, a step of training and one of evaluation for each
    assert later == [first, first]
