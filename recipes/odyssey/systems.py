"""What is compared, as systems.txt says; run by itself it prints how many weights each system has.

python systems.py --output sizes.json
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.config import Config, ModelConfig, load_config

RECIPE = Path(__file__).resolve().parent
REFERENCE = "lstm"  # whose size the others have
_CLASSES = 31  # of AN4: blank, space, apostrophe, letters and what else its transcripts have


@dataclass(frozen=True)
class System:
    """One line of the table.

    Attributes:
        name: of the system.
        percents: shares of the training data that it is trained on.
        settings: ``section.key=value`` beyond base.toml.
    """

    name: str
    percents: tuple[int, ...]
    settings: tuple[str, ...]

    def config(self, more: Sequence[str] = ()) -> Config:
        """Return the configuration, with ``more`` settings on top."""
        return load_config(RECIPE / "base.toml", [*self.settings, *more])


def read_systems(path: Path = RECIPE / "systems.txt") -> list[System]:
    """Return the systems of a table: lines of a name, percents with commas between them, and settings."""
    systems = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, percents, *settings = line.split()
            systems.append(System(name, tuple(int(one) for one in percents.split(",")), tuple(settings)))
    return systems


def chosen(names: Sequence[str]) -> list[System]:
    """Return the systems of those names, in the table's order; of no names, all.

    Raises:
        SystemExit: a name is unknown.
    """
    systems = read_systems()
    if unknown := sorted(set(names) - {system.name for system in systems}):
        raise SystemExit(f"{', '.join(unknown)}: unknown: choose of {', '.join(system.name for system in systems)}")
    return [system for system in systems if not names or system.name in names]


def num_weights(config: Config) -> int:
    """Return how many numbers a system learns; recurrent weights that its cell keeps at zero are not counted."""
    from asr.model import AcousticModel

    model = config.model
    built = AcousticModel(model, config.features.num_features, _CLASSES)
    return built.num_parameters - model.layers * (2 if model.bidirectional else 1) * _always_zero(model)


def _always_zero(model: ModelConfig) -> int:
    from asr.layers.cells.table import find_cell

    pattern = find_cell(model.cell).recurrent_pattern(model.units)
    return 0 if pattern is None else int((pattern == 0).sum())


def live_use(config: Config) -> dict[str, Any]:
    """Return what a system needs while somebody speaks.

    Returns:
        ``delay_ms``: how long after a sound all is there that its output depends on, by the frames that the network
        sees ahead; None: the whole utterance. ``state_bytes``: what its layers keep from frame to frame, float32,
        whatever has been said; the convolutions' few frames, the same for all, are not counted.
        ``state_bytes_a_second``: what is added for each second that is said. Both None where the delay is.
    """
    from asr.layers.cells.table import find_cell
    from asr.model import lookahead_frames

    model, hop_s = config.model, config.features.hop_s
    ahead = lookahead_frames(model)
    if ahead is None:
        return {"delay_ms": None, "state_bytes": None, "state_bytes_a_second": None}
    cell = find_cell(model.cell)
    output = cell.output_size(model.units, model.projection or None)
    recurrent = model.layers * (output + (cell.num_states - 1) * model.units)
    waiting = model.look_ahead * output
    kept = 2 * model.attention_units * model.attention_layers  # keys and values of a frame
    return {
        "delay_ms": round(1000 * ahead * hop_s),
        "state_bytes": 4 * (recurrent + waiting),
        "state_bytes_a_second": round(4 * kept / (hop_s * model.time_stride)),
    }


def main() -> None:
    """Print and write the sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="*", default=[], metavar="NAME", help="some of them (default: all)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all of them")
    parser.add_argument("--output", type=Path, metavar="F", help="JSON file to write")
    args = parser.parse_args()
    sizes = {}
    for system in chosen(args.systems):
        config = system.config(args.set)
        sizes[system.name] = {"weights": num_weights(config), **live_use(config)}
        reference = sizes[REFERENCE]["weights"] if REFERENCE in sizes else sizes[system.name]["weights"]
        share = sizes[system.name]["weights"] / reference - 1
        print(f"{system.name:20} {sizes[system.name]['weights']:9,} {share:+7.1%}", flush=True)
    if args.output:
        args.output.write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
