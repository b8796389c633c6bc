"""Beam search over posteriors of a trained model: ours beside flashlight-text, pyctcdecode and TensorFlow.

Posteriors are what `asr decode --save-log-probs` writes. All contenders have the same beam, the same pruning, the same
n-gram model with the same weights, and one thread: seconds are processor time, so that other work on the machine does
not count. ours and flashlight know the words of a lexicon only (the most probable ones of the language model, or
--lexicon), ours_open and pyctcdecode find any words, ours_no_lm and tensorflow have no language model and no pruning
but the beam; ours_pruned and pyctcdecode_pruned drop what that library drops unless told otherwise, which is far more.
ratio_to_counterpart is a contender's time over that of ours which does the same.

Cases: decode; beam-10 to beam-500; order-1 to order-N of the language model; words-1000 to words-52000 of the lexicon;
start: a whole process to its first text, in the clock's seconds (start_first: with nothing compiled yet).
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import jiwer

from benchmarks.decode_contenders.pyctcdecode_client import missing
from benchmarks.decode_start import start_rows
from benchmarks.decode_task import Task, frequent_words, order_of, plain_arpa
from benchmarks.machine import describe_machine
from benchmarks.results import Row, rows_of, write
from benchmarks.turns import Contender, take_turns

SUMMARY = "beam search over posteriors of a trained model"
# Modules with build(task, name, *more): what follows the module's name; and which of ours does the same.
CONTENDERS: dict[str, tuple[str, *tuple[Any, ...]]] = {
    "ours": ("ours", "lexicon"),
    "ours_open": ("ours", "open"),
    "ours_pruned": ("ours", "open"),
    "ours_no_lm": ("ours", "no_lm"),
    "flashlight": ("flashlight",),
    "pyctcdecode": ("pyctcdecode_client",),
    "pyctcdecode_pruned": ("pyctcdecode_client",),
    "tensorflow": ("tensorflow_beam",),
}
_PYCTCDECODE = ("pyctcdecode", "pyctcdecode_pruned")
COUNTERPARTS = {
    "flashlight": "ours",
    "pyctcdecode": "ours_open",
    "pyctcdecode_pruned": "ours_pruned",
    "tensorflow": "ours_no_lm",
}
_BY_KENLM = {"flashlight", *_PYCTCDECODE}
BEAMS, SIZES = (10, 25, 50, 100, 200, 500), (1000, 5000, 20_000, 52_000)
_COLUMNS = (
    "case",
    "contender",
    "median",
    "frames_per_second",
    "ratio_to_ours",
    "ratio_to_counterpart",
    "processor_seconds",
    "real_time_factor",
    "wer",
    "peak_mb",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's arguments."""
    parser.add_argument("--log-probs", type=Path, required=True, metavar="F.npz", help="of asr decode --save-log-probs")
    parser.add_argument("--tokens", type=Path, required=True, metavar="F.json", help="of the run folder")
    parser.add_argument("--references", type=Path, required=True, metavar="MANIFEST", help="of the same utterances")
    parser.add_argument("--lm", type=Path, required=True, metavar="F.arpa[.gz]", help="n-gram model over words")
    parser.add_argument("--lexicon", type=Path, help="words, one a line (default: the model's most probable)")
    parser.add_argument("--words", type=int, default=52_000, help="of the default lexicon, at most (default: 52000)")
    parser.add_argument("--case", nargs="+", default=["decode"], help="of the above, or patterns: 'beam-*'")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME")
    parser.add_argument("--utterances", type=int, metavar="N", help="the first N alone")
    parser.add_argument("--beam-size", type=int, default=100)
    parser.add_argument("--beam-threshold", type=float, default=20.0, help="(default: 20)")
    parser.add_argument("--token-min-log-prob", type=float, default=float("-inf"), help="(default: none is dropped)")
    parser.add_argument("--lm-weight", type=float, default=0.5, help="for natural logarithms (default: 0.5)")
    parser.add_argument("--word-bonus", type=float, default=0.0)
    parser.add_argument("--oov-penalty", type=float, default=-10.0)
    parser.add_argument("--pyctcdecode-python", type=Path, metavar="PYTHON", help="of an environment that has it")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each; 3 for what takes over 10 s (default: 7)")
    parser.add_argument("--json", type=Path, help="file for all figures")


def run(args: argparse.Namespace) -> int:
    """Time the contenders on each case and return the exit status."""
    # Read by the contenders' processes: one thread each, and no GPU.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
    machine = describe_machine()
    rows: list[Row] = []
    left_out: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory() as name:
            for case in _named(args.case, order_of(args.lm)):
                found, without = _time_case(case, args, Path(name))
                rows += found
                left_out |= without
    except (OSError, ValueError) as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 2
    return write(machine, rows, left_out, args.json, _COLUMNS)


def _named(patterns: Sequence[str], order: int) -> list[str]:
    """Return the cases that patterns name; raise ValueError where one names none."""
    cases = ["decode", *(f"beam-{size}" for size in BEAMS), *(f"order-{n + 1}" for n in range(order))]
    cases += [*(f"words-{size}" for size in SIZES), "start"]
    for pattern in patterns:
        if not any(fnmatchcase(case, pattern) for case in cases):
            raise ValueError(f"--case {pattern}: unknown: choose of {', '.join(cases)}")
    return [case for case in cases if any(fnmatchcase(case, pattern) for pattern in patterns)]


def _time_case(case: str, args: argparse.Namespace, folder: Path) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of a case, and why contenders are left out."""
    task, order, size = _task(case, args, folder)
    left_out: dict[str, str] = {}
    if case == "start":
        rows = start_rows(task, args.repeats, case)
        return [dict.fromkeys(_COLUMNS) | row | _facts(task, order, size) for row in rows], {}
    names = list(args.contenders)
    wanted = [name for name in names if name in _PYCTCDECODE]
    if wanted and (reason := missing(args.pyctcdecode_python)):
        left_out |= dict.fromkeys(wanted, reason)
    if order == 1:
        left_out |= dict.fromkeys(set(names) & _BY_KENLM - left_out.keys(), f"{case}: KenLM has no models of order 1")
    names = [name for name in names if name not in left_out]
    timings, without = take_turns([_contender(name, task, args) for name in names], args.repeats, case)
    rows = rows_of(timings, case)
    median = {row["contender"]: row["median"] for row in rows}
    amount = _amount(task, args.references)
    rows = [row | _facts(task, order, size) | _rates(row, task, median, *amount) for row in rows]
    return rows, left_out | without


def _task(case: str, args: argparse.Namespace, folder: Path) -> tuple[Task, int, int]:
    """Return what a case is timed on, the order of its language model and the size of its lexicon."""
    kind, _, number = case.partition("-")
    order = int(number) if kind == "order" else order_of(args.lm)
    arpa = folder / f"{order}.arpa"
    if not arpa.exists():
        plain_arpa(args.lm, arpa, order)
    hypotheses = folder / case
    hypotheses.mkdir()
    numbers = ("beam_size", "beam_threshold", "token_min_log_prob", "lm_weight", "word_bonus", "oov_penalty")
    task = Task(
        args.log_probs.resolve(),
        args.tokens.resolve(),
        arpa,
        hypotheses / "words.txt",
        hypotheses,
        args.utterances,
        **{name: getattr(args, name) for name in numbers},
    )
    if kind == "beam":
        task = replace(task, beam_size=int(number))
    if args.lexicon and kind != "words":
        words = args.lexicon.read_text(encoding="utf-8").split()
    else:
        words = frequent_words(arpa, task.labels(), int(number) if kind == "words" else args.words)
    task.lexicon.write_text("\n".join(words) + "\n", encoding="utf-8")
    return task, order, len(words)


def _contender(name: str, task: Task, args: argparse.Namespace) -> Contender:
    module, *more = CONTENDERS[name]
    if name in _PYCTCDECODE:
        more.append(args.pyctcdecode_python)
    if name.endswith("_pruned"):
        task = replace(task, beam_threshold=10.0, token_min_log_prob=-5.0)
    return Contender(name, f"benchmarks.decode_contenders.{module}", (task, name, *more), compiles=False)


def _facts(task: Task, order: int, size: int) -> Row:
    return {"beam_size": task.beam_size, "order": order, "words": size}


def _amount(task: Task, references: Path) -> tuple[int, float, dict[str, str]]:
    """Return frames, seconds of audio and reference texts of a task's utterances."""
    frames = {name: len(matrix) for name, matrix in task.matrices().items()}
    rows = {row["id"]: row for row in map(json.loads, references.read_text(encoding="utf-8").splitlines())}
    if lacking := sorted(frames.keys() - rows.keys()):
        raise ValueError(f"{references}: no utterance {lacking[0]}: name the manifest that was decoded")
    seconds = sum(rows[name]["duration"] for name in frames)
    return sum(frames.values()), seconds, {name: rows[name]["text"] for name in frames}


def _rates(row: Row, task: Task, median: dict[str, float], frames: int, audio: float, texts: dict[str, str]) -> Row:
    name = str(row["contender"])
    found = json.loads((task.hypotheses / f"{name}.json").read_text(encoding="utf-8"))
    counterpart = median.get(COUNTERPARTS.get(name, name))
    return {
        "frames": frames,
        "processor_seconds": row["median"],
        "frames_per_second": round(frames / row["median"], 1),
        "real_time_factor": round(row["median"] / audio, 6),
        "wer": round(jiwer.wer(list(texts.values()), [found[key] for key in texts]), 6),
        "ratio_to_counterpart": round(row["median"] / counterpart, 4) if counterpart else None,
    }
