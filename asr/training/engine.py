"""What the loop asks of a backend: one step, one evaluation, state out and in.

What every backend does alike is here, Keras's part: model, optimizer, schedule, loss scale, files. How a step is
compiled and run is in `asr.training.tf_engine` and `asr.training.jax_engine`; `asr.training.devices` chooses.
"""

import json
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from asr.batches import Batch
from asr.config import Config
from asr.errors import RunError
from asr.layers.initializers import set_seed
from asr.model import AcousticModel

# float16 only: factors of the loss that keep small gradients above zero (Micikevicius et al., arXiv:1710.03740).
_FIRST_LOSS_SCALE = 2.0**15
_STEPS_TO_GROW = 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """What one training step found.

    Attributes:
        losses: [B] of each row, in nats; 0 for empty rows and for those that another worker holds.
        total_loss: sum over all rows of all workers.
        gradient_norm: of the mean gradient, before clipping.
        applied: False when the gradient or loss was not finite and the weights are as before.
        stop: whether any worker was asked to stop: all hear of it in the same step.
    """

    losses: np.ndarray
    total_loss: float
    gradient_norm: float
    applied: bool
    stop: bool = False


class Engine(ABC):
    """Model, optimizer and their compiled steps."""

    def __init__(self, config: Config, num_classes: int, steps_per_epoch: int) -> None:
        """Build model and optimizer; weights follow from ``train.seed`` alone, whatever the backend.

        Args:
            config: of the run.
            num_classes: V, blank included.
            steps_per_epoch: the schedule is in epochs.
        """
        set_seed(config.train.seed)
        self._clip_norm = config.optimizer.clip_norm
        self._scales = config.train.precision == "float16"
        self._loss_scale = _FIRST_LOSS_SCALE if self._scales else 1.0
        self._good_steps = 0
        self.model = AcousticModel(config.model, config.features.num_features, num_classes, config.train.precision)
        self._optimizer = _optimizer(config, steps_per_epoch)
        # "vectors" are the peepholes, gains and further biases of recurrent cells.
        self._optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "vectors"])
        self._optimizer.build(self.model.trainable_variables)

    @abstractmethod
    def step(self, batch: Batch, seeds: np.ndarray, stop: bool = False) -> Step:
        """Compute loss and gradients of a batch and, when they are finite, apply them.

        The loss is the sum over utterances divided by their number; its gradient is clipped by its global norm.

        Args:
            batch: the global batch, the same on every worker.
            seeds: [B] int32 for dropout.
            stop: whether this worker was asked to stop after the step.
        """

    @abstractmethod
    def evaluate(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Return losses [B] and log-probabilities [B, T', V] of a batch; every worker computes all of it."""

    @property
    @abstractmethod
    def num_traces(self) -> int:
        """How often a step was traced: once for each shape of batch."""

    @property
    def learning_rate(self) -> float:
        """Rate of the next step."""
        return float(self._optimizer.learning_rate)

    def save(self, folder: Path) -> None:
        """Write all that `restore` needs."""
        self.model.save_weights(folder / "model.weights.h5")
        np.savez(folder / "optimizer.npz", *[np.asarray(variable) for variable in self._optimizer.variables])
        scaling = {"loss_scale": self._loss_scale, "good_steps": self._good_steps}
        (folder / "scaling.json").write_text(json.dumps(scaling))

    def restore(self, folder: Path) -> None:
        """Go back to the state that `save` wrote, under whichever backend.

        Raises:
            RunError: it does not fit this model.
        """
        try:
            self.model.load_weights(folder / "model.weights.h5")
            with np.load(folder / "optimizer.npz") as arrays:
                for variable, name in zip(self._optimizer.variables, arrays.files, strict=True):
                    variable.assign(arrays[name])
            scaling = json.loads((folder / "scaling.json").read_text())
            self._loss_scale, self._good_steps = scaling["loss_scale"], scaling["good_steps"]
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise RunError(f"{folder}: not a checkpoint of this config ({error}): train into a new folder") from error

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of the model's weights, statistics included."""
        return [np.array(weight) for weight in self.model.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Set the model's weights."""
        self.model.set_weights(weights)

    def _adapt_loss_scale(self, finite: bool) -> None:
        if not self._scales:
            return
        self._good_steps = self._good_steps + 1 if finite else 0
        if not finite:
            self._loss_scale = max(self._loss_scale / 2, 1.0)
        elif self._good_steps % _STEPS_TO_GROW == 0:
            self._loss_scale *= 2


def _optimizer(config: Config, steps_per_epoch: int) -> keras.Optimizer:
    settings, schedule = config.optimizer, config.schedule
    total = config.train.epochs * steps_per_epoch
    warmup = min(round(schedule.warmup_epochs * steps_per_epoch), total - 1)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else settings.learning_rate,
        decay_steps=total - warmup,
        alpha=schedule.final_share,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    return keras.optimizers.AdamW(
        rate,  # pyright: ignore[reportArgumentType]  # Keras takes schedules; its annotation says float
        weight_decay=settings.weight_decay,
        beta_1=settings.beta_1,
        beta_2=settings.beta_2,
        epsilon=settings.epsilon,
    )
