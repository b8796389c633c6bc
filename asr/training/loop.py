"""The training loop: read a batch, step, log, checkpoint; decode the development set after each epoch.

Our own, and not `Model.fit`, because `fit` cannot resume inside an epoch bit by bit, averages losses per replica and
not per utterance, and has no place for a word error rate at an epoch's end.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from asr import run as run_folder
from asr.batches import FILLER, Batch, BatchPlan, plan_epoch
from asr.config import Config
from asr.errors import RunError, TrainingError
from asr.training.checkpoint import Checkpoints, Progress
from asr.training.engine import Engine
from asr.training.evaluation import Evaluation, evaluate
from asr.training.history import EpochRecord, TensorBoard, Timing, error_rate, write_history
from asr.training.interrupt import interruption_noted
from asr.training.prefetch import Prefetch
from asr.training.setup import Setup


class Loop:
    """One training: its data, its engine, and where it stands."""

    def __init__(
        self,
        setup: Setup,
        engine: Engine,
        folder: Path,
        callbacks: Sequence[keras.callbacks.Callback],
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Bring the parts together; `run` starts.

        Args:
            setup: config, data and tokens.
            engine: model and steps.
            folder: the run folder; only the chief writes it.
            callbacks: Keras callbacks; ``logs`` of an epoch are the record's numbers.
            say: is told each epoch's sample transcripts.
        """
        self._say = say
        self._setup, self._engine, self._folder = setup, engine, folder
        self._config: Config = setup.config
        self._checkpoints = Checkpoints(folder / run_folder.WEIGHTS)
        self._callbacks = keras.callbacks.CallbackList(list(callbacks), model=engine.model)
        self.progress = Progress(data=setup.train.digest)
        self._interrupted: Callable[[], bool] = lambda: False
        engine.model.stop_training = False

    def resume(self) -> bool:
        """Go on from the last checkpoint and say whether there was one.

        Raises:
            RunError: the checkpoint is damaged, or the training utterances are not those that it was made with.
        """
        found = self._checkpoints.load()
        if found is None:
            return False
        self.progress, folder = found
        if self.progress.data != self._setup.train.digest:
            raise RunError(
                f"{self._folder}: the training shards have changed since it was started: bring back the old ones, "
                f"or train into a new folder"
            )
        self._engine.restore(folder)
        if self._setup.is_chief:  # which may have been killed between an epoch's checkpoint and its line
            write_history(self._folder / run_folder.HISTORY, self.progress.history)
        return True

    def run(self) -> Progress:
        """Train to the last epoch, or until patience, a callback or the user says stop.

        Raises:
            TrainingError: the loss is not finite, or too many steps in a row were skipped.
            KeyboardInterrupt: the user asked; a checkpoint of the last step has been written.
        """
        board = TensorBoard(self._folder / run_folder.LOGS, self.progress.epoch + 1) if self._setup.is_chief else None
        self._callbacks.on_train_begin()
        try:
            with interruption_noted() as self._interrupted:
                while self.progress.epoch < self._config.train.epochs and not self._should_stop():
                    self._report(self._epoch(), board)
        finally:
            if board is not None:
                board.close()
        self._callbacks.on_train_end()
        return self.progress

    def _report(self, record: EpochRecord, board: TensorBoard | None) -> None:
        if board is not None:
            board.write(record)
        self._callbacks.on_epoch_end(record.epoch - 1, record.numbers)
        for sample in record.samples:
            self._say(f"  {sample.id}: {sample.reference!r} came out as {sample.hypothesis!r}")

    def _epoch(self) -> EpochRecord:
        progress, config = self.progress, self._config
        self._callbacks.on_epoch_begin(progress.epoch, {"num_batches": self._setup.steps_per_epoch})
        plans = plan_epoch(
            self._setup.buckets,
            seed=config.train.seed,
            epoch=progress.epoch,
            short_first=config.data.short_first and progress.epoch == 0,
        )[progress.batch :]
        started = time.perf_counter()
        frames, waited = self._steps(plans)
        seconds = time.perf_counter() - started
        timing = Timing(seconds, frames / max(seconds, 1e-9), waited / max(seconds, 1e-9))
        record = self._record(evaluate(self._engine, self._setup), timing)
        self._finish_epoch(record)
        return record

    def _steps(self, plans: Sequence[BatchPlan]) -> tuple[int, float]:
        """Train on the batches; return their true frames and the seconds spent waiting for them."""
        epoch, num_frames = self.progress.epoch, 0
        batches: Prefetch[BatchPlan, Batch] = Prefetch(
            lambda plan: self._setup.train.augmented_batch(plan, self._config, epoch), plans
        )
        every = self._config.train.checkpoint_steps
        for batch in batches:
            self._callbacks.on_train_batch_begin(self.progress.batch)
            stop = self._step(batch)
            num_frames += batch.num_frames
            done = self.progress.batch
            self._callbacks.on_train_batch_end(done - 1, {"loss": self.progress.loss / self.progress.utterances})
            if stop or (every and self.progress.step % every == 0):
                self._save()
            if stop:
                raise KeyboardInterrupt
        return num_frames, batches.seconds_waited

    def _step(self, batch: Batch) -> bool:
        """Train on one batch and return whether the user, on whichever worker, asked to stop."""
        progress = self.progress
        seeds = _seeds(self._config.train.seed, progress.step, batch.rows)
        step = self._engine.step(batch, seeds, self._interrupted())
        progress.skipped = 0 if step.applied else progress.skipped + 1
        if not math.isfinite(step.total_loss):
            broken = batch.rows[~np.isfinite(step.losses) & (batch.rows != FILLER)]
            raise TrainingError(
                f"step {progress.step}: the loss is not finite, of {self._names(broken)}: look at their audio and text "
                f"(asr corpus check), list them under data.skip, or lower optimizer.learning_rate = "
                f"{self._engine.learning_rate:.3g}"
            )
        if progress.skipped >= self._most_skipped:
            steps = "1 step" if progress.skipped == 1 else f"{progress.skipped} steps in a row"
            raise TrainingError(
                f"step {progress.step}: {steps} had a gradient that is not finite, "
                f"this one of {self._names(batch.rows[batch.rows != FILLER])}: lower "
                f"optimizer.learning_rate or use another train.precision"
            )
        progress.step += 1
        progress.batch += 1
        progress.loss += step.total_loss
        progress.utterances += int(batch.weights.sum())
        return step.stop

    @property
    def _most_skipped(self) -> int:
        """Steps in a row whose gradient is not finite that stop the run: only float16 overflows for its scale alone."""
        return self._config.train.max_skipped_steps if self._config.train.precision == "float16" else 1

    def _names(self, rows: np.ndarray) -> str:
        return ", ".join(self._setup.train.examples[row].id for row in rows) or "utterances of another worker"

    def _record(self, evaluation: Evaluation, timing: Timing) -> EpochRecord:
        progress = self.progress
        return EpochRecord(
            epoch=progress.epoch + 1,
            step=progress.step,
            loss=progress.loss / progress.utterances,
            val_loss=evaluation.loss,
            wer=evaluation.wer,
            cer=evaluation.cer,
            per=evaluation.per,
            learning_rate=self._engine.learning_rate,
            blank_rate=evaluation.blank_rate,
            samples=evaluation.samples,
            timing=timing,
        )

    def _finish_epoch(self, record: EpochRecord) -> None:
        progress = self.progress
        progress.history.append(record.as_dict())
        progress.epoch += 1
        progress.batch, progress.loss, progress.utterances = 0, 0.0, 0
        if progress.best is None or _rank(record.as_dict()) < _rank(progress.best):
            progress.best, progress.best_step = record.as_dict(), progress.step
        progress.epoch_steps = [*progress.epoch_steps, progress.step][-max(self._config.train.average_last, 1) :]
        self._save()
        if self._setup.is_chief:
            write_history(self._folder / run_folder.HISTORY, progress.history)

    def _save(self) -> None:
        if self._setup.is_chief:
            self._checkpoints.save(self.progress, self._engine.save)

    def _should_stop(self) -> bool:
        if self._engine.model.stop_training:
            return True
        patience, best = self._config.train.patience, self.progress.best
        return bool(patience and best and self.progress.epoch - best["epoch"] >= patience)


def _rank(record: dict) -> tuple[float, float]:
    """What the best epoch has least of: error rate, then validation loss, or training loss without either."""
    rate = error_rate(record)
    return rate[1] if rate else record["loss"], record["val_loss"] if record["val_loss"] is not None else 0.0


def _seeds(seed: int, step: int, rows: np.ndarray) -> np.ndarray:
    """Return a seed for dropout of each row, from (seed, step, utterance)."""
    words = [np.random.SeedSequence((seed, step, int(row) + 1)).generate_state(1)[0] for row in rows]
    return np.array(words, np.uint32).view(np.int32)
