"""What the scripts that draw a benchmark's JSON share: command line, and the same picture for the same figures."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def command(description: str | None, draw: Callable[[list[dict[str, Any]], dict[str, Any]], Figure]) -> int:
    """Draw the results that the command line names into the file that it names.

    Args:
        description: of the command.
        draw: rows and machine of the JSON to a picture.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="JSON of benchmark.py")
    parser.add_argument("--output", type=Path, required=True, help="picture to write (.svg or .png)")
    args = parser.parse_args()
    content = json.loads(args.results.read_text(encoding="utf-8"))
    # No random ids and no date, so that the same figures give the same file.
    plt.rcParams.update({"svg.hashsalt": args.output.stem, "svg.fonttype": "none", "font.size": 9})
    figure = draw(content["results"], content["machine"])
    figure.savefig(args.output, metadata={"Date": None} if args.output.suffix == ".svg" else None)
    plt.close(figure)
    return 0
