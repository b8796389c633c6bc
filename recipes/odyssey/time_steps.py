"""Seconds and memory of a training step of each system, timed in turn, so that other work slows all of them alike.

    PYTHONPATH=../../scripts python time_steps.py --output steps.json

Each system has a process of its own; only one works at a time. Five at once, each time with the LSTM among them, whose
steps all others are compared with. A batch is of 16 utterances of 2.5 seconds, about what AN4 has. On a machine with
other work take the processor's time in place of the clock's (--processor-time), of one thread.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.machine import describe_machine
from benchmarks.turns import Contender, take_turns
from systems import REFERENCE, System, chosen

_UTTERANCES, _FRAMES, _LABELS, _CLASSES = 16, 250, 20, 31
_AT_ONCE = 4  # systems beside the reference; each takes half a gigabyte or more


def build(settings: tuple[str, ...], processor_time: bool) -> Callable[[], float]:
    """Return a function that does one training step and returns its loss; called in the system's process."""
    from asr.training.devices import choose_devices

    config = System("", (), settings).config()
    engine = choose_devices("one").make_engine(config, _CLASSES, 100)
    batch = _batch(config.features.num_features)
    seeds = np.arange(_UTTERANCES, dtype=np.int32)

    def step() -> float:
        return engine.step(batch, seeds).total_loss

    if processor_time:
        step.clock = time.process_time  # pyright: ignore[reportFunctionMemberAccess]
    return step


def _batch(num_features: int) -> Any:
    from asr.batches import Batch

    rng = np.random.default_rng(0)
    return Batch(
        rows=np.arange(_UTTERANCES),
        frames=rng.normal(size=(_UTTERANCES, _FRAMES, num_features)).astype(np.float32),
        lengths=np.full(_UTTERANCES, _FRAMES, np.int32),
        labels=rng.integers(1, _CLASSES, (_UTTERANCES, _LABELS)).astype(np.int32),
        label_lengths=np.full(_UTTERANCES, _LABELS, np.int32),
    )


def time_all(systems: list[System], more: list[str], repeats: int, processor_time: bool) -> dict[str, Any]:
    """Return by system: seconds of a step, their ratio to the reference's, and memory."""
    (reference,) = chosen([REFERENCE])
    others = [system for system in systems if system.name != REFERENCE]
    found: dict[str, Any] = {}
    for start in range(0, max(1, len(others)), _AT_ONCE):
        group = [reference, *others[start : start + _AT_ONCE]]
        contenders = [
            Contender(system.name, "time_steps", ((*system.settings, *more), processor_time)) for system in group
        ]
        timings, left_out = take_turns(contenders, repeats, "steps")
        if left_out:
            raise SystemExit("; ".join(f"{name}: {reason}" for name, reason in left_out.items()))
        for name, timing in timings.items():
            ratio = timing.median / timings[REFERENCE].median
            row = {"seconds": timing.median, "ratio": ratio, "peak_mb": timing.peak_mb, "base_mb": timing.base_mb}
            found.setdefault(name, row)
    return found


def main() -> None:
    """Time, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="*", default=[], metavar="NAME", help="some of them (default: all)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all of them")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each (default: 7)")
    parser.add_argument("--processor-time", action="store_true", help="on a machine with other work")
    parser.add_argument("--output", type=Path, metavar="F", help="JSON file to write")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if args.processor_time:
        os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"))
    machine = describe_machine()
    systems = time_all(chosen(args.systems), args.set, args.repeats, args.processor_time)
    for name, row in systems.items():
        print(f"{name:20} {row['seconds']:8.3f} s {row['ratio']:6.2f} {row['peak_mb'] - row['base_mb']:8.0f} MB")
    if args.output:
        clock = "processor" if args.processor_time else "wall"
        content = {"machine": machine, "clock": clock, "systems": systems}
        args.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
