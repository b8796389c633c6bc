"""A training report on a terminal: a line a run, and what each heard at its best epoch."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asr.report.training import TrainingReport, TrainingRun
from asr.report.wording import aligned_lines, percent
from asr.scoring.counts import align

_COLUMNS = ("epochs", "best", "at", "loss", "dev loss", "hours", "frames/s", "data wait")


def print_training_report(report: TrainingReport, console: Console) -> None:
    """Print the summary of trainings; losses are those of the last epoch."""
    table = Table(box=None, pad_edge=False)
    table.add_column("run", overflow="fold")
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for run in report.runs:
        # Text, for a folder may be called [red].
        table.add_row(Text(run.name), *_numbers(run))
    console.print(table)
    for run in report.runs:
        if run.diverged is not None:
            console.print(Text(f"{run.name} diverged: its loss is not finite at epoch {run.diverged}"), soft_wrap=True)
    for run in report.runs:
        _print_samples(run, console)


def _numbers(run: TrainingRun) -> tuple[str, ...]:
    best, last = run.best, run.records[-1]
    return (
        str(len(run.records)),
        f"{best.name} {percent(best.rate)}" if best else "-",
        str(best.epoch) if best else "-",
        f"{last.loss:.3g}",
        "-" if last.val_loss is None else f"{last.val_loss:.3g}",
        f"{run.seconds / 3600:.2f}",
        f"{run.frames_per_second:,.0f}",
        percent(run.data_wait),
    )


def _print_samples(run: TrainingRun, console: Console) -> None:
    epoch = run.best.epoch if run.best else run.records[-1].epoch
    record = next(record for record in run.records if record.epoch == epoch)
    for sample in record.samples:
        console.print(Text.assemble("\n", (sample.id, "bold"), f", {run.name}, epoch {epoch}"), soft_wrap=True)
        ((_, words),) = align([sample.reference], [sample.hypothesis])
        for line in aligned_lines(words) if words else ():
            console.print(Text(line), soft_wrap=True)
