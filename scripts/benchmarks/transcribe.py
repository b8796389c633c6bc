"""Whole recordings to text: asr transcribe beside PocketSphinx, on one core and on two, and from a cold start.

All read the same recordings (16 000 samples a second, 16 bits, one channel), with the model loaded. A contender of ours
is named by what differs: ours is ONNX Runtime with the language model, all files handed over together; _single hands
them over one at a time, _greedy has no language model (and a model of phones then finds phones, no words), _int8 and
_keras have those runtimes. PocketSphinx has the model of English that comes with it; it computes in one thread, so on
two cores two of its processes share the recordings, and peak_mb is the sum. Error rates, with their 95 % intervals, are
of texts normalised as `asr score --normaliser english` does; other_texts are those that differ from the texts of ours
(ours_greedy for greedy search). Vosk and sherpa-onnx are not here: their packages hold no model.

Cases: cores-1 and cores-2, each pinned to so many cores; start: a whole `asr transcribe` of the shortest recording,
from the process's start to its text (ours_first: with nothing compiled yet), and what its time is made of.

    python scripts/benchmark.py transcribe dev.jsonl --model RUN --json transcribe.json
    python scripts/benchmark.py transcribe dev.jsonl --utterances 50 --case start --repeats 5
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import soundfile

from asr.decoding.settings import language_model_file
from asr.errors import AsrError
from asr.manifest import Utterance, read_manifest
from asr.packaged import DEFAULT, find_model
from asr.prepare.blocks import read_utterance
from asr.run import MODEL_INT8, MODEL_ONNX
from asr.scoring.score import score
from benchmarks import served
from benchmarks.machine import describe_machine, num_cores
from benchmarks.results import Row, rows_of, table, write
from benchmarks.transcribe_contenders import pocketsphinx_client
from benchmarks.transcribe_start import part_rows, start_rows
from benchmarks.transcribe_task import Task
from benchmarks.turns import Contender, take_turns

SUMMARY = "whole recordings to text, beside PocketSphinx; time from a cold start"
CASES = ("cores-1", "cores-2", "start")
_MODULES = "benchmarks.transcribe_contenders"
_PEER = "pocketsphinx"
_RATE_HZ = 16_000
_NEEDED = {"onnx": MODEL_ONNX, "int8": MODEL_INT8}  # files of the model by runtime
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
_COLUMNS = (
    "case",
    "contender",
    "wer",
    "wer_low",
    "wer_high",
    "real_time_factor",
    "processor_factor",
    "ratio_to_ours",
    "other_texts",
    "median",
    "processor_seconds",
    "peak_mb",
)


@dataclass(frozen=True)
class Ours:
    """How ours transcribes.

    Attributes:
        runtime: what computes the network.
        greedy: whether there is no language model.
        together: whether all files are handed over at once.
    """

    runtime: str
    greedy: bool
    together: bool

    @property
    def name(self) -> str:
        """What ``--contenders`` calls it."""
        runtime = "" if self.runtime == "onnx" else f"_{self.runtime}"
        return f"ours{runtime}{'_greedy' * self.greedy}{'_single' * (not self.together)}"

    @property
    def counterpart(self) -> str:
        """Name of the contender whose texts ought to be the same."""
        return Ours("onnx", self.greedy, together=True).name

    def missing(self, model: Path, lm: Path | None) -> str | None:
        """Return why it cannot run with a model, or None where it can."""
        if lm is None and not self.greedy:
            return f"{model}: no language model of its own: name one with --lm"
        needed = model / _NEEDED.get(self.runtime, "")
        return None if needed.exists() else f"{needed}: not there: make it with asr export"


_WAYS = product(("onnx", "int8", "keras"), (False, True), (True, False))
OURS = {one.name: one for one in (Ours(*way) for way in _WAYS)}


@dataclass(frozen=True)
class _Plan:
    """What is timed on what."""

    contenders: list[str]
    model: Path
    lm: Path | None
    peer: Path
    recordings: Path
    utterances: list[Utterance]
    repeats: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's arguments."""
    parser.add_argument("references", type=Path, metavar="MANIFEST", help="recordings with their texts")
    parser.add_argument("--model", help=f"run folder, or a packaged model's name (default: {DEFAULT})")
    parser.add_argument("--lm", type=Path, help="language model (default: the model's own)")
    parser.add_argument("--utterances", type=int, metavar="N", help="so many, spread evenly over the manifest")
    parser.add_argument("--case", nargs="+", default=list(CASES), help="of the above, or patterns (default: all)")
    names = [*OURS, _PEER]
    parser.add_argument("--contenders", nargs="+", choices=names, default=names, metavar="NAME", help="(default: all)")
    parser.add_argument(
        "--pocketsphinx-python", type=Path, default=Path(sys.executable), metavar="PYTHON", help="that has it"
    )
    parser.add_argument(
        "--repeats", type=int, default=5, help="turns of each; 3 over 10 s, 1 over a minute (default: 5)"
    )
    parser.add_argument("--json", type=Path, help="file for all figures")


def run(args: argparse.Namespace) -> int:
    """Time the contenders and return the exit status."""
    # Read by the contenders' processes: no GPU, no notes while libraries load.
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
    machine = describe_machine()
    try:
        cases, model = _named(args.case), find_model(args.model)
        lm = args.lm or language_model_file(model)
        left_out = _missing(args.contenders, model, lm, args.pocketsphinx_python)
        contenders = [name for name in args.contenders if name not in left_out]
        with tempfile.TemporaryDirectory() as folder:
            utterances = spread(read_manifest(args.references), args.utterances)
            recordings = _write_recordings(utterances, Path(folder))
            plan = _Plan(contenders, model, lm, args.pocketsphinx_python, recordings, utterances, args.repeats)
            rows = [row for case in cases for row in _time_case(case, plan, Path(folder) / case)]
    except (AsrError, OSError, ValueError) as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 2
    status = write(machine, rows, left_out, args.json, _COLUMNS)
    if parts := part_rows(rows):
        print(f"\n{table(parts, tuple(parts[0]))}")
    return status


def _named(patterns: Sequence[str]) -> list[str]:
    """Return the cases that patterns name; raise ValueError where one names none, or more cores than there are."""
    for pattern in patterns:
        if not any(fnmatchcase(case, pattern) for case in CASES):
            raise ValueError(f"--case {pattern}: unknown: choose of {', '.join(CASES)}")
    cases = [case for case in CASES if any(fnmatchcase(case, pattern) for pattern in patterns)]
    if "cores-2" in cases and num_cores() < 2:
        raise ValueError("--case cores-2: there is only one core: choose another case")
    return cases


def spread(utterances: Sequence[Utterance], count: int | None) -> list[Utterance]:
    """Return so many utterances (None: all), evenly spread, so that they are not all of one speaker."""
    count = min(count or len(utterances), len(utterances))
    return [utterances[number * len(utterances) // count] for number in range(count)]


def _missing(names: Sequence[str], model: Path, lm: Path | None, peer: Path) -> dict[str, str]:
    """Return why contenders are left out, by name."""
    reasons = {name: OURS[name].missing(model, lm) for name in names if name in OURS}
    if _PEER in names:
        reasons[_PEER] = served.missing(peer, _PEER, "--pocketsphinx-python")
    return {name: reason for name, reason in reasons.items() if reason}


def _write_recordings(utterances: Sequence[Utterance], folder: Path) -> Path:
    """Write WAV files that any recogniser reads, in the order of the utterances, and return their folder."""
    recordings = folder / "recordings"
    recordings.mkdir()
    for number, utterance in enumerate(utterances):
        waveform = read_utterance(utterance, _RATE_HZ)
        soundfile.write(recordings / f"{number:06d}.wav", waveform, _RATE_HZ, subtype="PCM_16")
    return recordings


def _time_case(case: str, plan: _Plan, folder: Path) -> list[Row]:
    if case == "start":
        return [dict.fromkeys(_COLUMNS) | row for row in _time_starts(plan)]
    folder.mkdir()
    task = Task(plan.recordings, folder, int(case.removeprefix("cores-")))
    with _pinned(task.cores):
        timings, _ = take_turns([_contender(name, task, plan) for name in plan.contenders], plan.repeats, case)
    return [row | _figures(row, task, plan, set(timings)) for row in rows_of(timings, case)]


def _time_starts(plan: _Plan) -> list[Row]:
    """Return rows of whole processes on the shortest recording."""
    shortest = str(min(plan.recordings.iterdir(), key=lambda path: path.stat().st_size))
    commands, in_parts = {}, {}
    for name in plan.contenders:
        if name == _PEER:
            commands[name] = [str(plan.peer), str(pocketsphinx_client.SERVER), shortest]
        elif OURS[name].together:
            how, lm = OURS[name], "none" if OURS[name].greedy else str(plan.lm)
            options = ["--model", str(plan.model), "--lm", lm, "--runtime", how.runtime, "--quiet"]
            commands[name] = [sys.executable, "-m", "asr", "transcribe", shortest, *options]
            if how.runtime == "onnx":
                in_parts[name] = [shortest, str(plan.model), lm]
    return start_rows(commands, in_parts, plan.repeats)


@contextmanager
def _pinned(cores: int) -> Iterator[None]:
    """Let processes that start now have the first so many cores alone, and as many threads."""
    before, environment = os.sched_getaffinity(0), dict(os.environ)
    os.sched_setaffinity(0, sorted(before)[:cores])
    os.environ.update(dict.fromkeys(_THREADS, str(cores)))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        os.environ.clear()
        os.environ.update(environment)


def _contender(name: str, task: Task, plan: _Plan) -> Contender:
    if name == _PEER:
        return Contender(name, f"{_MODULES}.pocketsphinx_client", (task, name, plan.peer), compiles=False)
    how = OURS[name]
    arguments = (task, name, plan.model, how.runtime, None if how.greedy else plan.lm, how.together)
    return Contender(name, f"{_MODULES}.ours", arguments, compiles=False)


def _figures(row: Row, task: Task, plan: _Plan, there: set[str]) -> Row:
    """Return error rate and speed of a contender, and in how many texts it differs from its counterpart."""
    name = str(row["contender"])
    ids = [utterance.id for utterance in plan.utterances]
    texts = task.read_texts(name)
    references = {utterance.id: utterance.text for utterance in plan.utterances}
    scores = score(references, dict(zip(ids, texts, strict=True)), normaliser="english")
    seconds = sum(soundfile.info(path).duration for path in task.paths())
    counterpart = OURS[name].counterpart if name in OURS else None
    others = task.read_texts(counterpart) if counterpart in there else texts
    return {
        "cores": task.cores,
        "utterances": len(ids),
        "audio_seconds": round(seconds, 2),
        "wer": scores.wer,
        "wer_low": scores.interval and scores.interval.low,
        "wer_high": scores.interval and scores.interval.high,
        "real_time_factor": round(row["median"] / seconds, 6),
        "processor_factor": round(row["processor_seconds"] / seconds, 6),
        "other_texts": sum(a != b for a, b in zip(texts, others, strict=True)) if counterpart in there else None,
    }
