"""Frames a second of each decoder against beam width, order of the language model and words of the lexicon.

python scripts/benchmark.py decode … --case 'beam-*' 'order-*' 'words-*' --json sweeps.json
python scripts/decode_throughput_figure.py sweeps.json --output docs/figures/decode_throughput.svg
"""

import sys
from typing import Any

import matplotlib.pyplot as plt
from benchmarks.figures import command
from matplotlib.figure import Figure

# Prefix of the cases, key of the row that the axis shows, what the axis says, and its scale.
SWEEPS = (
    ("beam-", "beam_size", "beam width", "log"),
    ("order-", "order", "order of the language model", "linear"),
    ("words-", "words", "words of the lexicon", "log"),
)


def draw(rows: list[dict[str, Any]], machine: dict[str, Any]) -> Figure:
    """Return the picture of the rows whose cases are of `SWEEPS`."""
    figure, axes = plt.subplots(1, len(SWEEPS), figsize=(9, 3.2), layout="constrained", sharey=True)
    names = list(dict.fromkeys(row["contender"] for row in rows))
    for place, (prefix, key, label, scale) in zip(axes, SWEEPS, strict=True):
        place.set(xlabel=label, xscale=scale, yscale="log")
        place.grid(alpha=0.3)
        for number, name in enumerate(names):
            found = [(row[key], row["frames_per_second"]) for row in rows if _is_of(row, prefix, name)]
            if found:
                place.plot(*zip(*sorted(found), strict=True), "o-", markersize=3, color=f"C{number}", label=name)
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    axes[0].set(ylabel="frames a second, one thread")
    axes[0].legend()
    figure.suptitle(f"{machine['processor']}, one core", fontsize=9)
    return figure


def _is_of(row: dict[str, Any], prefix: str, name: str) -> bool:
    return row["case"].startswith(prefix) and row["contender"] == name


if __name__ == "__main__":
    sys.exit(command(__doc__, draw))
