"""Search the hyper-parameters of a training: trials in a space of settings, the hopeless ones given up early.

SPACE names settings of CONFIG and what they may be; docs/training.md explains it. Each trial is a run folder in
STUDY/trials; STUDY/best.toml is CONFIG with the best values. A study that was interrupted goes on with --resume.

    asr tune config.toml --space space.toml --trials 30 --output study
    asr tune config.toml --space space.toml --trials 60 --output study --resume
    asr train study/best.toml --output runs/best
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE
from asr.cli.numbers import positive

if TYPE_CHECKING:
    from asr.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("config", metavar="CONFIG", type=Path, help="TOML file, as for asr train")
    parser.add_argument("--space", metavar="SPACE", type=Path, required=True, help="TOML file: [space] and [study]")
    parser.add_argument("--trials", metavar="N", type=positive, required=True, help="in all, with those that are there")
    parser.add_argument("--output", metavar="STUDY", type=Path, required=True, help="folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the study that is there, if there is one")
    parser.add_argument("--keep-weights", action="store_true", help="of all trials (default: of the best)")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override a setting of CONFIG in all trials; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Make the trials, show how they go, print the best ones."""
    from asr.cli.console import stderr_console, stdout_console
    from asr.cli.tuning_display import TuningDisplay, print_study
    from asr.config import read_settings
    from asr.tuning.candidates import Candidates
    from asr.tuning.space import load_space
    from asr.tuning.training_study import TrainingStudy
    from asr.tuning.trial_process import train_in_process
    from asr.wording import counted

    candidates = Candidates.check(read_settings(args.config, args.set), args.config, load_space(args.space))
    candidates.check_shards()
    study = TrainingStudy(candidates, args.output, resume=args.resume, keep_weights=args.keep_weights)
    console = stderr_console(args)
    objective = partial(train_in_process, partial(_train, args))
    display = TuningDisplay(study, args.trials, console)
    try:
        study.run(args.trials, objective, on_start=display.on_start, on_end=display.on_end)
    except KeyboardInterrupt:
        ended = f"{len(study.trials)} of {counted(args.trials, 'trial')}"
        console.print(f"{args.output}: {ended} ended; go on with --resume")
        raise
    print_study(study, stdout_console())
    return DONE


def _train(args: argparse.Namespace, config: "Config", folder: Path, on_epoch: Callable[[], None]) -> None:
    """Train one trial, in a process of its own, as `asr train` does."""
    from asr.cli.console import load_backend, stderr_console

    load_backend(args)
    from asr.cli.training_display import TrainingDisplay, after_each_epoch
    from asr.training.train import train

    console = stderr_console(args)
    say = console.print if args.verbose else lambda text: None
    with TrainingDisplay(console, config.train.epochs) as display:
        train(config, folder, resume=True, callbacks=[display, after_each_epoch(on_epoch)], say=say)
