"""asr score beside jiwer, on made-up texts with as many words as asked for.

Utterances have 5 to 35 words of a vocabulary of 20 000; of 100 words some 5 are substituted, 3 deleted, 2 inserted.
Files are Kaldi texts in the same order. ours is the whole command in a process whose libraries are loaded: reading,
joining by id, aligning words and characters, the interval, confusions, JSON and Markdown. ours_sclite is the same with
--weights sclite. jiwer reads the files and counts words and characters.
"""

import argparse
import random
import string
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import describe_machine
from benchmarks.results import rows_of, write
from benchmarks.turns import Contender, take_turns

SUMMARY = "asr score beside jiwer"
_COLUMNS = ("case", "contender", "median", "ratio_to_ours", "words_per_second", "peak_mb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's arguments."""
    parser.add_argument("--words", type=int, default=1_000_000, help="of the references (default: 1 000 000)")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each; 3 for what takes over 10 s (default: 5)")
    parser.add_argument("--json", type=Path, help="file for all figures")


def run(args: argparse.Namespace) -> int:
    """Time the contenders and return the exit status."""
    machine = describe_machine()
    case = f"{args.words} words"
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "ref.txt", Path(name) / "hyp.txt"
        num_words = _write(args.words, *files)
        modules = "benchmarks.score_contenders"
        contenders = [
            Contender("ours", f"{modules}.ours", files, compiles=False),
            Contender("ours_sclite", f"{modules}.ours", (*files, "--weights", "sclite"), compiles=False),
            Contender("jiwer", f"{modules}.jiwer_alone", files, compiles=False),
        ]
        timings, left_out = take_turns(contenders, args.repeats, case)
    rows = [row | {"words_per_second": round(num_words / row["median"])} for row in rows_of(timings, case)]
    return write(machine, rows, left_out, args.json, _COLUMNS)


def _write(num_words: int, references: Path, hypotheses: Path) -> int:
    """Write both files and return how many words the references have."""
    rng = random.Random(0)
    vocabulary = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(1, 9))) for _ in range(20_000)]
    said: list[str] = []
    found: list[str] = []
    written = 0
    while written < num_words:
        words = rng.choices(vocabulary, k=min(rng.randint(5, 35), num_words - written))
        written += len(words)
        said.append(f"u{len(said)} {' '.join(words)}\n")
        found.append(f"u{len(found)} {' '.join(_spoiled(words, vocabulary, rng))}\n")
    references.write_text("".join(said), encoding="utf-8")
    hypotheses.write_text("".join(found), encoding="utf-8")
    return written


def _spoiled(words: list[str], vocabulary: list[str], rng: random.Random) -> Iterator[str]:
    for word in words:
        chance = rng.random()
        if chance >= 0.03:
            yield rng.choice(vocabulary) if chance < 0.08 else word
        if chance > 0.98:
            yield rng.choice(vocabulary)
