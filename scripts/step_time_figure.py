"""Time and memory of a training step against frames and batch: do they grow linearly?

    python scripts/benchmark.py train --case 'frames-*' 'batch-*' --contenders ours --json growth.json
    python scripts/step_time_figure.py growth.json --output docs/figures/step_time.svg

Upper row: the median of a step's seconds. Lower row: peak memory less what the libraries took before. Dashed is the
straight line that fits best; what it begins with at 0 is what does not grow. The fit is printed, and how far the points
are from it.
"""

import sys
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from benchmarks.figures import command
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Prefix of the cases, key of the row that the axis shows, and what the axis says.
SWEEPS = (
    ("frames-", "longest", "frames an utterance (batch 16)"),
    ("batch-", "batch", "utterances a batch (400 frames)"),
)


def draw(rows: list[dict[str, Any]], machine: dict[str, Any]) -> Figure:
    """Return the picture of the rows whose cases are of `SWEEPS`."""
    figure, axes = plt.subplots(2, len(SWEEPS), figsize=(8, 5.5), layout="constrained", squeeze=False)
    for column, (prefix, key, label) in enumerate(SWEEPS):
        sweep = [row for row in rows if row["case"].startswith(prefix)]
        for name in dict.fromkeys(row["contender"] for row in sweep):
            own = sorted((row for row in sweep if row["contender"] == name), key=lambda row: row[key])
            sizes = [row[key] for row in own]
            curve(axes[0, column], sizes, [row["median"] for row in own], f"{name}, seconds against {key}")
            curve(axes[1, column], sizes, [row["peak_mb"] - row["base_mb"] for row in own], f"{name}, MB against {key}")
        axes[0, column].set(ylabel="seconds a step")
        axes[1, column].set(ylabel="memory beyond the libraries', MB", xlabel=label)
    for one in axes.flat:  # only now: a limit that is set is kept
        one.set(xlim=(0, None), ylim=(0, None))
        one.grid(alpha=0.3)
    axes[0, 0].legend()
    figure.suptitle(f"3 x 256 bidirectional LSTM and CTC, {machine['processor']}, {machine['cores']} cores", fontsize=9)
    return figure


def curve(axes: Axes, sizes: Sequence[float], values: Sequence[float], name: str) -> None:
    """Draw points and the straight line nearest to them; print the line and the largest distance from it."""
    x, y = np.array(sizes, float), np.array(values, float)
    slope, start = np.polynomial.Polynomial.fit(x, y, 1).convert().coef[::-1]
    (points,) = axes.plot(x, y, "o", markersize=4, label=name.partition(",")[0])
    axes.plot([0, x[-1]], [start, start + slope * x[-1]], "--", linewidth=1, color=points.get_color())
    worst = np.abs(y - start - slope * x).max() / y.max()
    print(f"{name}: {start:.3g} + {slope:.3g} each, at most {worst:.1%} of the largest beside the line")


if __name__ == "__main__":
    sys.exit(command(__doc__, draw))
