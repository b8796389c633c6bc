"""Seconds a step of deep bidirectional LSTMs: loss and all gradients, or with --mode infer the forward pass alone.

The network is layers of LSTM and a linear output, the loss is CTC; there is no optimizer, no dropout, no norm. Cases:
a is 3 x 256 on 16 utterances of 400 frames, b is 5 x 512 on 16 utterances of 100 to 800 frames; frames-100 to
frames-1600 and batch-4 to batch-64 change one thing of a. All run on the CPU, on all of its cores.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, Case, named
from benchmarks.machine import describe_machine, matmul_peak_gflops
from benchmarks.results import Row, rows_of, write
from benchmarks.turns import Contender, take_turns

SUMMARY = "a step of training, or the forward pass alone"
MODES = ("train", "infer")
# Modules with build(case, mode, *more): what follows the module's name.
CONTENDERS: dict[str, tuple[str, *tuple[Any, ...]]] = {
    "ours": ("ours",),
    "pytorch_unpacked": ("pytorch", False),
    "pytorch_packed": ("pytorch", True),
    "keras_stock": ("keras_stock",),
}
_COLUMNS = (
    "case",
    "batch",
    "contender",
    "median",
    "ratio_to_ours",
    "frames_per_second",
    "gflop_per_second",
    "share_of_peak",
    "peak_mb",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's arguments."""
    parser.add_argument("--case", nargs="+", default=["a", "b"], help=f"of {', '.join(CASES)}, or patterns: 'frames-*'")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME")
    parser.add_argument("--mode", choices=MODES, default="train", help="infer: forward only, batch 1 and the case's")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each; 3 for what takes over 10 s (default: 7)")
    parser.add_argument("--json", type=Path, help="file for all figures")


def run(args: argparse.Namespace) -> int:
    """Time the contenders on each case and return the exit status."""
    try:
        cases = named(args.case)
    except ValueError as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 2
    # Read by the contenders' processes. No GPU: what is compared here is the CPU.
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
    machine = describe_machine()
    rows: list[Row] = []
    left_out: dict[str, str] = {}
    for case in cases:
        for batch in (case.of_one(), case) if args.mode == "infer" else (case,):
            found, missing = _time(batch, args)
            rows += found
            left_out |= missing
    if rows:
        peak = machine["matmul_peak_gflops"] = round(matmul_peak_gflops(), 1)
        rows = [row | {"share_of_peak": round(row["gflop_per_second"] / peak, 4)} for row in rows]
    return write(machine, rows, left_out, args.json, _COLUMNS)


def _time(case: Case, args: argparse.Namespace) -> tuple[list[Row], dict[str, str]]:
    contenders = [_contender(name, case, args.mode) for name in args.contenders]
    timings, left_out = take_turns(contenders, args.repeats, f"{case.name}, batch {len(case.lengths)}")
    rows = rows_of(timings, case.name)
    return [row | _rates(case, args.mode, row["median"]) for row in rows], left_out


def _contender(name: str, case: Case, mode: str) -> Contender:
    module, *more = CONTENDERS[name]
    return Contender(name, f"benchmarks.train_contenders.{module}", (case, mode, *more))


def _rates(case: Case, mode: str, seconds: float) -> Row:
    gflop = case.training_gflop() if mode == "train" else case.forward_gflop()
    return {
        "mode": mode,
        "batch": len(case.lengths),
        "frames": case.num_frames,
        "longest": max(case.lengths),
        "frames_per_second": round(case.num_frames / seconds, 1),
        "gflop": round(gflop, 6),
        "gflop_per_second": round(gflop / seconds, 4),
    }
