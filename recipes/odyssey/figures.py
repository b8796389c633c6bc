"""The figures of the odyssey; readable without colours: every line has a style and every point a shape of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

_STYLES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
_MARKERS = "osv^Dx"
_METADATA = {"Date": None}  # the same figure is the same file


def rates(rows: Sequence[Mapping[str, Any]], order: Sequence[str], path: Path) -> None:
    """Draw the word error rate of each system with its interval, a marker for each share of the data."""
    shares = sorted({row["percent"] for row in rows})
    names = [name for name in order if any(row["system"] == name for row in rows)]
    figure, axes = plt.subplots(figsize=(7, 1.2 + 0.42 * len(names)), layout="constrained")
    for number, share in enumerate(shares):
        own = {row["system"]: row for row in rows if row["percent"] == share}
        places = [place - 0.2 + 0.4 * number / max(1, len(shares) - 1) for place, n in enumerate(names) if n in own]
        shown = [own[name] for name in names if name in own]
        middle = [100 * row["wer"] for row in shown]
        ends = [
            [100 * max(0.0, row["wer"] - row["interval"][0]) for row in shown],
            [100 * max(0.0, row["interval"][1] - row["wer"]) for row in shown],
        ]
        axes.errorbar(
            middle, places, xerr=ends, fmt=_MARKERS[number], color="black", linewidth=1, capsize=2, markersize=5,
            markerfacecolor="black" if number == len(shares) - 1 else "white", label=f"{share} % of the data",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="word error rate on the test set, %, with 95 % intervals", xlim=(0, None))
    axes.grid(axis="x", alpha=0.3)
    axes.legend()
    _save(figure, path)


def long_memory(results: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Draw accuracy and gradient against distance, a line for each cell.

    Args:
        results: by cell, for each distance: ``distance``, ``accuracy`` of each seed, ``gradients`` by frames back from
            the label at the start of the training, and at its end.
        path: of the SVG file.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for number, (name, runs) in enumerate(results.items()):
        style = {"linestyle": _STYLES[number], "marker": _MARKERS[number], "color": "black", "markerfacecolor": "white"}
        means = [100 * sum(run["accuracy"]) / len(run["accuracy"]) for run in runs]
        left.plot([run["distance"] for run in runs], means, label=name, **style)
        longest = max(runs, key=lambda run: run["distance"])
        back, sizes = zip(*longest["before"], strict=True)
        right.plot(back, sizes, label=name, markevery=max(1, len(back) // 6), **style)
    left.axhline(50, color="grey", linewidth=0.8)
    left.set(xscale="log", xlabel="frames between mark and label", ylabel="accuracy, %", ylim=(40, 103))
    distances = sorted({run["distance"] for runs in results.values() for run in runs})
    left.set_xticks(distances, [str(distance) for distance in distances])
    left.minorticks_off()
    right.set(yscale="log", xlabel="frames back from the label", ylabel="gradient norm, before training")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    left.legend()
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    with plt.rc_context({"svg.hashsalt": "odyssey"}):
        figure.savefig(path, metadata=_METADATA)
    plt.close(figure)
