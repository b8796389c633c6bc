"""The TensorFlow side of training: one step, one evaluation, state out and in, under any `tf.distribute` strategy.

The loop above this module knows neither devices nor replicas. A global batch is split over the replicas in order of
its rows; losses are summed over utterances and divided by the global count, gradients are summed over replicas, then
clipped, then applied: whatever the number of replicas, the step is the same.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from asr.batches import Batch
from asr.config import Config
from asr.ctc import ctc_loss
from asr.layers.tensor import Tensor
from asr.training.engine import Engine, Step
from asr.training.loss import training_losses


class TensorFlowEngine(Engine):
    """Model, optimizer and their compiled steps."""

    def __init__(
        self, config: Config, num_classes: int, steps_per_epoch: int, strategy: tf.distribute.Strategy
    ) -> None:
        """Build model and optimizer; weights follow from ``train.seed`` alone.

        Args:
            config: of the run.
            num_classes: V, blank included.
            steps_per_epoch: the schedule is in epochs.
            strategy: of `asr.training.tf_strategy`.
        """
        # Sums in a fixed order, so that a resumed run ends with the same bits.
        tf.config.experimental.enable_op_determinism()
        self._strategy = strategy
        with strategy.scope():
            super().__init__(config, num_classes, steps_per_epoch)
        self._weights = [weight.value for weight in self.model.trainable_variables]
        # Bound once: tf.function keeps what it traced by the function's identity.
        self._gradients = tf.function(self._gradients_on_replicas, autograph=False)
        self._apply = tf.function(self._apply_on_replicas, autograph=False)
        self._evaluate = tf.function(self._evaluate_on_replicas, autograph=False)

    @property
    def num_replicas(self) -> int:
        """Replicas over all workers; batch sizes are multiples of it."""
        return self._strategy.num_replicas_in_sync

    @property
    def num_traces(self) -> int:
        """How often a step was traced: once for each shape of batch."""
        return self._gradients.experimental_get_tracing_count()

    def step(self, batch: Batch, seeds: np.ndarray, stop: bool = False) -> Step:
        """Compute loss and gradients of a batch and, when they are finite, apply them; see `Engine.step`."""
        replica_ids, inputs = self._split(batch, seeds)
        count = tf.constant(batch.weights.sum(), tf.float32)
        scale, stopping = tf.constant(self._loss_scale), tf.constant(float(stop))
        losses, total, stopping, norm, gradients = self._gradients(inputs, count, scale, stopping)
        total_loss, gradient_norm = self._first(total), self._first(norm)
        finite = math.isfinite(total_loss) and math.isfinite(gradient_norm)
        if finite:
            self._apply(gradients, norm)
        self._adapt_loss_scale(finite)
        return Step(
            self._gather(losses, replica_ids, batch), total_loss, gradient_norm, finite, self._first(stopping) > 0
        )

    def gradients(self, batch: Batch, seeds: np.ndarray) -> list[np.ndarray]:
        """Return the gradient of the mean loss for each trainable weight, without a step."""
        _, inputs = self._split(batch, seeds)
        count = tf.constant(batch.weights.sum(), tf.float32)
        gradients = self._gradients(inputs, count, tf.constant(self._loss_scale), tf.constant(0.0))[-1]
        return [self._strategy.experimental_local_results(gradient)[0].numpy() for gradient in gradients]

    def evaluate(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Return losses [B] and log-probabilities [B, T', V] of a batch; every worker computes all of it."""
        replicas = len(self._strategy.extended.worker_devices)
        _, inputs = self._split(batch, np.zeros(len(batch.rows), np.int32), local=replicas)
        losses, log_probs = self._evaluate(inputs)
        return self._concatenate(losses), self._concatenate(log_probs)

    def _gradients_on_replicas(self, inputs: Any, count: Tensor, scale: Tensor, stop: Tensor) -> Any:
        return self._strategy.run(self._replica_gradients, args=(*inputs, count, scale, stop))

    def _replica_gradients(
        self,
        frames: Tensor,
        lengths: Tensor,
        labels: Tensor,
        label_lengths: Tensor,
        weights: Tensor,
        seeds: Tensor,
        count: Tensor,
        scale: Tensor,
        stop: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, list[Tensor]]:
        with tf.GradientTape() as tape:
            losses = weights * training_losses(self.model, frames, lengths, labels, label_lengths, seeds)
            total = tf.reduce_sum(losses)
            objective = total / count * scale
        gradients = [gradient / scale for gradient in tape.gradient(objective, self._weights)]
        if self.num_replicas > 1:
            context = tf.distribute.get_replica_context()
            # identity: an argument that all replicas share is no value of a replica that could be summed.
            sums = [total, tf.identity(stop), *gradients]
            total, stop, *gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, sums)
        return losses, total, stop, tf.linalg.global_norm(gradients), gradients

    def _apply_on_replicas(self, gradients: Any, norm: Tensor) -> None:
        self._strategy.run(self._replica_apply, args=(gradients, norm))

    def _replica_apply(self, gradients: list[Tensor], norm: Tensor) -> None:
        # The optimizer sums over replicas once more; the gradients here are the sum already, hence the division.
        factor = tf.minimum(1.0, self._clip_norm / tf.maximum(norm, 1e-12)) / self.num_replicas
        self._optimizer.apply([gradient * factor for gradient in gradients], self.model.trainable_variables)

    def _evaluate_on_replicas(self, inputs: Any) -> Any:
        return self._strategy.run(self._replica_evaluate, args=inputs)

    def _replica_evaluate(
        self, frames: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor, weights: Tensor, seeds: Tensor
    ) -> tuple[Tensor, Tensor]:
        logits = self.model(frames, lengths)
        losses = weights * ctc_loss(logits, self.model.output_lengths(lengths), labels, label_lengths)
        return losses, tf.nn.log_softmax(logits)

    def _split(self, batch: Batch, seeds: np.ndarray, local: int = 0) -> tuple[list[int], Any]:
        """Return the ids of this worker's replicas, and the arrays of a batch with each replica's rows on its device.

        ``local``: over how many replicas of this worker alone all rows are split; 0: over all workers.
        """
        arrays = (batch.frames, batch.lengths, batch.labels, batch.label_lengths, batch.weights, seeds)
        parts = local or self.num_replicas
        replica_ids: list[int] = []

        def values(context: tf.distribute.experimental.ValueContext) -> tuple[Tensor, ...]:
            replica_ids.append(context.replica_id_in_sync_group)
            rows = _rows(context.replica_id_in_sync_group % parts, parts, len(seeds))
            return tuple(tf.constant(array[rows]) for array in arrays)

        return replica_ids, self._strategy.experimental_distribute_values_from_function(values)

    def _gather(self, values: Any, replica_ids: list[int], batch: Batch) -> np.ndarray:
        """Return [B] values: those of this worker's rows, 0 elsewhere."""
        gathered = np.zeros(len(batch.rows), np.float32)
        for replica, part in zip(replica_ids, self._strategy.experimental_local_results(values), strict=True):
            gathered[_rows(replica, self.num_replicas, len(gathered))] = part.numpy()
        return gathered

    def _concatenate(self, values: Any) -> np.ndarray:
        return np.concatenate([part.numpy() for part in self._strategy.experimental_local_results(values)])

    def _first(self, values: Any) -> float:
        return float(self._strategy.experimental_local_results(values)[0])


def _rows(replica: int, replicas: int, size: int) -> slice:
    each = size // replicas
    return slice(replica * each, (replica + 1) * each)
