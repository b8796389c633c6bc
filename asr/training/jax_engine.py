"""The JAX side of training: one device, each step one compiled function of the state, TensorFlow never imported."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from asr.batches import Batch
from asr.config import Config
from asr.ctc import ctc_loss
from asr.errors import ConfigError
from asr.layers.tensor import Tensor
from asr.training.engine import Engine, Step
from asr.training.loss import training_losses


class _State(NamedTuple):
    """All that a step reads and writes: values of variables, in the order of their owners' lists."""

    trainable: list[Tensor]
    statistics: list[Tensor]  # the model's other weights: moving averages
    optimizer: list[Tensor]


class _Arrays(NamedTuple):
    """A batch as a step takes it; see `asr.batches.Batch`."""

    frames: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    label_lengths: np.ndarray
    weights: np.ndarray
    seeds: np.ndarray


def describe(kind: str) -> str:
    """Return one line that names the device on which JAX trains.

    Args:
        kind: ``train.strategy``.

    Raises:
        ConfigError: it is none that JAX has.
    """
    if kind not in ("auto", "one"):
        raise ConfigError(
            f'train.strategy = "{kind}": under JAX a training has one device: set "auto" or "one", or train with '
            f"KERAS_BACKEND=tensorflow"
        )
    device, *others = jax.devices()
    among = f"1 of {len(others) + 1} devices" if others else "1 device"
    name = "" if device.device_kind == device.platform else f" ({device.device_kind})"
    return f"JAX, {among}: {device.platform}:{device.id}{name}"


class JaxEngine(Engine):
    """Model, optimizer and their steps, compiled once for each shape of batch.

    Between steps the variables of Keras hold the state; within one they are arguments and results of pure functions.
    """

    def __init__(self, config: Config, num_classes: int, steps_per_epoch: int) -> None:
        """Build model and optimizer; see `Engine`."""
        super().__init__(config, num_classes, steps_per_epoch)
        self._num_traces = 0
        # The state is donated: its memory is written over by what replaces it.
        self._compiled_step = jax.jit(self._pure_step, donate_argnums=0)
        self._compiled_evaluation = jax.jit(self._pure_evaluation)

    @property
    def num_traces(self) -> int:
        """How often a step was traced: once for each shape of batch."""
        return self._num_traces

    def step(self, batch: Batch, seeds: np.ndarray, stop: bool = False) -> Step:
        """Compute loss and gradients of a batch and, when they are finite, apply them; see `Engine.step`."""
        state, losses, total, norm = self._compiled_step(
            self._state(), _arrays(batch, seeds), np.float32(self._loss_scale)
        )
        self._assign(state)
        total_loss, gradient_norm = float(total), float(norm)
        finite = math.isfinite(total_loss) and math.isfinite(gradient_norm)
        self._adapt_loss_scale(finite)
        return Step(np.asarray(losses), total_loss, gradient_norm, finite, stop)

    def evaluate(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Return losses [B] and log-probabilities [B, T', V] of a batch."""
        state = self._state()
        arrays = _arrays(batch, np.zeros(len(batch.rows), np.int32))
        losses, log_probs = self._compiled_evaluation(state.trainable, state.statistics, arrays)
        return np.asarray(losses), np.asarray(log_probs)

    def _state(self) -> _State:
        return _State(*([variable.value for variable in variables] for variables in self._variables()))

    def _assign(self, state: _State) -> None:
        for variables, values in zip(self._variables(), state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def _variables(self) -> tuple[list, list, list]:
        return self.model.trainable_variables, self.model.non_trainable_variables, self._optimizer.variables

    def _scope(self, trainable: list[Tensor], statistics: list[Tensor]) -> keras.StatelessScope:
        """Return a context in which the model computes with these values."""
        variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        return keras.StatelessScope(state_mapping=list(zip(variables, [*trainable, *statistics], strict=True)))

    def _pure_step(self, state: _State, arrays: _Arrays, scale: Tensor) -> tuple[_State, Tensor, Tensor, Tensor]:
        """Return the next state, the losses [B], their sum and the gradient's norm."""
        self._num_traces += 1
        differentiated = jax.grad(self._objective, has_aux=True)
        gradients, (losses, total, statistics) = differentiated(state.trainable, state.statistics, arrays, scale)
        gradients = [gradient / scale for gradient in gradients]
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(gradient)) for gradient in gradients))
        factor = jnp.minimum(1.0, self._clip_norm / jnp.maximum(norm, 1e-12))
        trainable, optimizer = self._optimizer.stateless_apply(
            state.optimizer, [gradient * factor for gradient in gradients], state.trainable
        )
        after = _State(trainable, statistics, optimizer)
        finite = jnp.isfinite(total) & jnp.isfinite(norm)
        kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), after, state)
        return kept, losses, total, norm

    def _objective(
        self, trainable: list[Tensor], statistics: list[Tensor], arrays: _Arrays, scale: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor, list[Tensor]]]:
        """Return the mean loss times ``scale``; and the losses [B], their sum and the statistics with this batch."""
        with self._scope(trainable, statistics) as scope:
            losses = arrays.weights * training_losses(
                self.model, arrays.frames, arrays.lengths, arrays.labels, arrays.label_lengths, arrays.seeds
            )
            moved: Any = [scope.get_current_value(variable) for variable in self.model.non_trainable_variables]
        total = jnp.sum(losses)
        return total / jnp.sum(arrays.weights) * scale, (losses, total, moved)

    def _pure_evaluation(
        self, trainable: list[Tensor], statistics: list[Tensor], arrays: _Arrays
    ) -> tuple[Tensor, Tensor]:
        with self._scope(trainable, statistics):
            logits = self.model(arrays.frames, arrays.lengths)
            ends = self.model.output_lengths(arrays.lengths)
            losses = arrays.weights * ctc_loss(logits, ends, arrays.labels, arrays.label_lengths)
        return losses, jax.nn.log_softmax(logits)


def _arrays(batch: Batch, seeds: np.ndarray) -> _Arrays:
    return _Arrays(batch.frames, batch.lengths, batch.labels, batch.label_lengths, batch.weights, seeds)
