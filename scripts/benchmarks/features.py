"""asr prepare against a bare loop of soundfile.read and librosa.feature.melspectrogram with one BLAS thread.

Whole commands are timed, as a shell sees them. Three contenders: ours is asr prepare with a process a core; ours_start
is the same on one recording a process, hence what starting costs; bare_loop is one process, its libraries loaded, that
reads and computes and keeps nothing. of_ideal is ours over processes x bare_loop, in seconds of audio a second;
of_ideal_running leaves the start out. Recordings are taken again, under other ids, until there is --hours of audio.
"""

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import describe_machine, num_cores
from benchmarks.results import Row, rows_of, write
from benchmarks.turns import Contender, take_turns

SUMMARY = "asr prepare against a bare loop over the same recordings"
_ROOT = Path(__file__).resolve().parents[2]
_AN4 = _ROOT.parent / "shared" / "data" / "an4"
_SUFFIXES = {".flac", ".wav", ".ogg", ".opus", ".mp3", ".sph"}
_COLUMNS = (
    "case",
    "contender",
    "median",
    "ratio_to_ours",
    "audio_per_second",
    "of_ideal",
    "of_ideal_running",
    "peak_mb",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's arguments."""
    parser.add_argument("--data", type=Path, default=_AN4, help="folder of recordings (default: AN4 of ../shared/data)")
    parser.add_argument("--hours", type=float, default=5.0, help="of audio a turn (default: 5)")
    parser.add_argument("--jobs", type=int, default=num_cores(), help="processes of asr prepare (default: one a core)")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each; 3 for what takes over 10 s (default: 7)")
    parser.add_argument("--json", type=Path, help="file for all figures")


def run(args: argparse.Namespace) -> int:
    """Time the contenders and return the exit status."""
    recordings = sorted(path for path in args.data.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not recordings:
        print(f"benchmark.py: {args.data}: no recordings: name a folder with --data", file=sys.stderr)
        return 2
    machine = describe_machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = _write_manifest(recordings, args.hours * 3600, folder / "all.jsonl")
        _first_lines(folder / "all.jsonl", args.jobs, folder / "few.jsonl")
        modules = "benchmarks.features_contenders"
        contenders = [
            Contender("ours", f"{modules}.prepare", (folder / "all.jsonl", args.jobs), compiles=False),
            Contender("ours_start", f"{modules}.prepare", (folder / "few.jsonl", args.jobs), compiles=False),
            Contender("bare_loop", f"{modules}.bare_loop", (folder / "all.jsonl",), compiles=False),
        ]
        timings, left_out = take_turns(contenders, args.repeats, args.data.name)
    rows = _with_rates(rows_of(timings, args.data.name), seconds, args.jobs)
    return write(machine, rows, left_out, args.json, _COLUMNS)


def _write_manifest(recordings: list[Path], wanted_s: float, path: Path) -> float:
    """Write a manifest that goes over the recordings until there is enough audio; return its seconds."""
    import soundfile

    from asr.manifest import Utterance, write_manifest

    lengths = [soundfile.info(recording).duration for recording in recordings]
    utterances: list[Utterance] = []
    total = 0.0
    for number, (recording, length) in enumerate(itertools.cycle(zip(recordings, lengths, strict=True))):
        if total >= wanted_s and number:
            break
        utterances.append(Utterance(f"{number:07d}", recording.resolve(), length, ""))
        total += length
    write_manifest(path, utterances)
    return total


def _first_lines(source: Path, count: int, target: Path) -> None:
    with source.open() as lines:
        target.write_text("".join(itertools.islice(lines, count)))


def _with_rates(rows: list[Row], audio_seconds: float, jobs: int) -> list[Row]:
    """Return the rows with their throughput; the start's has none."""
    median = {row["contender"]: row["median"] for row in rows}
    ideal = jobs * audio_seconds / median["bare_loop"]
    running = median["ours"] - median["ours_start"]
    empty = {"audio_seconds": round(audio_seconds, 1), "jobs": jobs}
    empty |= dict.fromkeys(("audio_per_second", "of_ideal", "of_ideal_running"))
    rates = {
        "ours": {
            "audio_per_second": round(audio_seconds / median["ours"], 1),
            "of_ideal": round(audio_seconds / median["ours"] / ideal, 4),
            "of_ideal_running": round(audio_seconds / running / ideal, 4) if running > 0 else None,
        },
        "bare_loop": {"audio_per_second": round(ideal / jobs, 1)},
    }
    return [row | empty | rates.get(row["contender"], {}) for row in rows]
