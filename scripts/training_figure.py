"""Losses and error rates of trainings, epoch by epoch, drawn over each other for a README; without colours, too.

    python scripts/training_figure.py recipes/mini_librispeech/results/{,seed2_,seed3_}beam_lm --output curves.svg

A folder is a run folder, or results of a recipe. For something to look at while a training runs, there is `asr report`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from asr.report.training import TrainingRun, read_trainings
from asr.training.history import error_rate

STYLES = ("-", "--", ":", "-.")


def main(argv: Sequence[str] | None = None) -> int:
    """Draw, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help=f"folders with a history.jsonl, {len(STYLES)} at most")
    parser.add_argument("--output", type=Path, required=True, help="SVG")
    args = parser.parse_args(argv)
    if len(args.runs) > len(STYLES):
        parser.error(f"{len(args.runs)} trainings: {len(STYLES)} at most can be told apart")
    # No random ids and no date, so that the same numbers give the same file.
    plt.rcParams.update({"svg.hashsalt": "training", "svg.fonttype": "none", "font.size": 9})
    draw(read_trainings(args.runs, ()).runs).savefig(args.output, metadata={"Date": None})
    return 0


def draw(runs: Sequence[TrainingRun]) -> Figure:
    """Return the picture: losses on the left, error rates of the development set on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for run, style in zip(runs, STYLES, strict=False):
        epochs = [record.epoch for record in run.records]
        left.plot(epochs, [record.loss for record in run.records], style, color="grey", label=f"{run.name}: training")
        measured = [(record.epoch, record.val_loss) for record in run.records if record.val_loss is not None]
        if measured:
            left.plot(*zip(*measured, strict=True), style, color="black", label=f"{run.name}: development")
        rates = [(record.epoch, *found) for record in run.records if (found := error_rate(record.as_dict()))]
        if rates:
            name = rates[0][1]
            right.plot([e for e, _, _ in rates], [100 * r for _, _, r in rates], style, color="black",
                       label=f"{run.name}: {name}")  # fmt: skip
    left.set(xlabel="epoch", ylabel="CTC loss, nats an utterance", ylim=(0, None))
    right.set(xlabel="epoch", ylabel="errors on the development set, greedy, %", ylim=(0, None))
    for one in (left, right):
        one.grid(alpha=0.3)
        one.legend(fontsize=7)
    return figure


if __name__ == "__main__":
    sys.exit(main())
