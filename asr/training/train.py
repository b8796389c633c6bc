"""`asr train` as a function: configuration in, run folder out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from asr import run as run_folder
from asr.config import Config, dump_config, load_config
from asr.errors import RunError
from asr.files import held, replacing
from asr.model import check_model
from asr.tokens import Tokens
from asr.training.checkpoint import Checkpoints, Progress
from asr.training.devices import choose_devices
from asr.training.engine import Engine
from asr.training.evaluation import evaluate
from asr.training.history import error_rate
from asr.training.loop import Loop
from asr.training.setup import Setup, set_up
from asr.training.start import start_from, starting_tokens


def train(
    config: Config,
    folder: Path,
    *,
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    say: Callable[[str], None] = lambda text: None,
) -> Progress:
    """Train a model into a run folder and return how it went.

    Args:
        config: with absolute shard paths (`asr.config.load_config`).
        folder: new, or that of an interrupted training of the same configuration.
        resume: go on from the folder's last checkpoint, if there is one.
        callbacks: Keras callbacks; each epoch's ``logs`` are the numbers of its history record.
        say: is told, line by line, which devices and data are used, and what comes out.

    Raises:
        RunError: the folder holds a run already, or one of another configuration.
        ConfigError, ShardError, TrainingError: see `asr.training.setup.set_up` and `asr.training.loop.Loop.run`.
        KeyboardInterrupt: after a checkpoint of the last whole step.
    """
    tokens = _check_folder(folder, config, resume) or starting_tokens(config)
    check_model(config.model, config.features.num_features)
    devices = choose_devices(config.train.strategy)
    say(devices.description)
    setup = set_up(config, replicas=devices.num_replicas, is_chief=devices.is_chief, tokens=tokens, say=say)
    engine = devices.make_engine(config, len(setup.tokens), setup.steps_per_epoch)
    say(f"model: {engine.model.num_parameters:,} parameters, {len(setup.tokens)} tokens")
    say(f"{setup.steps_per_epoch} steps an epoch")
    loop = Loop(setup, engine, folder, callbacks, say)
    resumed = resume and loop.resume()
    if config.train.start_from and not resumed:
        start_from(engine.model, setup.tokens, Path(config.train.start_from), say)
    if not setup.is_chief:
        return loop.run()
    with held(folder) as free:
        if not free:
            raise RunError(f"{folder}: another asr train is at work on it: wait until it has finished")
        if resumed:
            say(f"resumed after step {loop.progress.step}, in epoch {loop.progress.epoch + 1}")
        else:
            setup.write(folder, devices.description)
        progress = loop.run()
        _average(setup, engine, progress, folder, say)
    return progress


def _check_folder(folder: Path, config: Config, resume: bool) -> Tokens | None:
    """Return the tokens of the run that is resumed, or None for a new one."""
    path = folder / run_folder.CONFIG
    if not path.is_file() or not (folder / run_folder.WEIGHTS / run_folder.LAST).is_file():
        return None  # what ended before its first checkpoint is nothing to lose
    if not resume:
        raise RunError(f"{folder}: holds a run already: add --resume to go on with it, or name another folder")
    if dump_config(load_config(path)) != dump_config(config):
        raise RunError(
            f"{folder}: was started with another configuration ({path}): resume with that one, or start anew"
        )
    return Tokens.load(folder / run_folder.TOKENS)


def _average(setup: Setup, engine: Engine, progress: Progress, folder: Path, say: Callable[[str], None]) -> None:
    """Write the mean of the last epochs' weights, when it does better on the development set than the best epoch."""
    best = progress.best and error_rate(progress.best)
    if len(progress.epoch_steps) < 2 or progress.best is None or best is None:
        return
    checkpoints, weights = Checkpoints(folder / run_folder.WEIGHTS), []
    for step in progress.epoch_steps:
        engine.model.load_weights(checkpoints.path(step) / run_folder.MODEL_WEIGHTS)
        weights.append(engine.get_weights())
    engine.set_weights([np.mean(values, axis=0) for values in zip(*weights, strict=True)])
    found = evaluate(engine, setup)
    name, rate = best
    found_rate = found.wer if found.per is None else found.per
    better = (found_rate, found.loss) < (rate, progress.best["val_loss"])
    target = folder / run_folder.WEIGHTS / run_folder.AVERAGE
    if better:
        with replacing(target) as part:
            engine.model.save_weights(part)
    else:
        target.unlink(missing_ok=True)
    say(
        f"average of the last {len(weights)} epochs: {name} {found_rate:.2%}, best epoch {rate:.2%}: "
        f"the {'average' if better else 'best epoch'} is used"
    )
