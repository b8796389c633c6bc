"""Where a training computes: the one place that knows which backends and engines there are."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from asr.config import Config
from asr.training.engine import Engine


@dataclass(frozen=True)
class Devices:
    """The devices of a training, chosen before anything is computed.

    Attributes:
        description: one line for people.
        num_replicas: over all workers; batch sizes are multiples of it.
        is_chief: whether this process writes the run folder: of several workers, one does.
        make_engine: from (config, number of classes with blank, steps an epoch) to model and steps on these devices.
    """

    description: str
    num_replicas: int
    is_chief: bool
    make_engine: Callable[[Config, int, int], Engine]


def choose_devices(kind: str) -> Devices:
    """Return the devices for ``train.strategy`` under the backend that Keras runs on (KERAS_BACKEND).

    Raises:
        ConfigError: the backend has no such strategy, or the strategy lacks what describes its workers.
    """
    if keras.backend.backend() == "jax":
        from asr.training import jax_engine

        return Devices(jax_engine.describe(kind), 1, True, jax_engine.JaxEngine)
    from asr.training import tf_strategy
    from asr.training.tf_engine import TensorFlowEngine

    # A strategy over several workers must be made before any other TensorFlow or Keras operation.
    strategy = tf_strategy.make_strategy(kind)
    return Devices(
        tf_strategy.describe(strategy),
        strategy.num_replicas_in_sync,
        tf_strategy.is_chief(strategy),
        lambda config, num_classes, steps_per_epoch: TensorFlowEngine(config, num_classes, steps_per_epoch, strategy),
    )


def describe_devices() -> str:
    """Return one line on what a training with ``train.strategy = "auto"`` would use; no worker is waited for."""
    if keras.backend.backend() == "tensorflow":
        from asr.training.tf_strategy import choose

        if choose("auto") == "multi_worker":
            return "multi_worker, from TF_CONFIG or Slurm"
    return choose_devices("auto").description
