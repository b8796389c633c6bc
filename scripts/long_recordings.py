"""Memory, speed and word errors of long recordings: the utterances of a manifest again and again, a second between two.

python scripts/long_recordings.py data/dev.jsonl --model RUN --lm lm/train.asrlm --minutes 10 30 60 120 \
    --json long.json --output docs/figures/long_recordings.svg

A model of phones finds words with a language model alone: --searches "language model".
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import soundfile
from benchmarks.machine import describe_machine, peak_mb_of

from asr.manifest import Utterance, read_manifest
from asr.prepare.blocks import read_utterance
from asr.scoring.score import score

GAP_S = 1.0
RATE_HZ = 16_000
SEARCHES = ("greedy", "language model")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--lm", type=Path, help="language model of the second search")
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, default=SEARCHES)
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60, 120])
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="SVG")
    args = parser.parse_args(argv)
    searches = dict(zip(SEARCHES, (["--beam-size", "1", "--lm", "none"], ["--lm", str(args.lm)]), strict=True))
    searches = {name: searches[name] for name in args.searches if name != SEARCHES[1] or args.lm}
    utterances = read_manifest(args.manifest)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in sorted(args.minutes):
            sound = Path(folder) / "long.wav"
            references = write_recording(utterances, minutes * 60, sound)
            for name, options in searches.items():
                rows.append({"contender": name, "minutes": minutes, **measured(sound, references, args.model, options)})
                print(json.dumps(rows[-1]), file=sys.stderr)
    alone = {name: one_by_one(args.manifest, utterances, args.model, options) for name, options in searches.items()}
    result = {"machine": describe_machine(), "one_by_one": alone, "results": rows}
    args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if args.output:
        draw(rows, args.output)
    return 0


def write_recording(utterances: Sequence[Utterance], seconds: float, path: Path) -> list[str]:
    """Write utterances with silence between two until it is so long, and return what is said."""
    said, length = [], 0.0
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16") as file:
        for one in itertools.cycle(utterances):
            if length >= seconds:
                return said
            waveform = read_utterance(one, RATE_HZ)
            file.write(np.concatenate([waveform, np.zeros(round(GAP_S * RATE_HZ), np.float32)]))
            length += len(waveform) / RATE_HZ + GAP_S
            said.append(one.text)
    return said


def measured(sound: Path, references: Sequence[str], model: Path, options: Sequence[str]) -> dict[str, Any]:
    """Return seconds, highest memory and word error rate of the command on one file."""
    command = [sys.executable, "-m", "asr", "transcribe", str(sound), "-m", str(model), "--threads", "1", *options]
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        text = " ".join(output.read().split())
    found = score({"all": " ".join(references)}, {"all": text})
    return {
        "seconds": [round(seconds, 2)],
        "peak_mb": round(peak_mb_of(usage), 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "wer": found.wer,
        "insertions": found.counts.words.insertions,
        "deletions": found.counts.words.deletions,
        "words": found.counts.words.reference_length,
    }


def one_by_one(manifest: Path, utterances: Sequence[Utterance], model: Path, options: Sequence[str]) -> float | None:
    """Return the word error rate of the utterances, each by itself."""
    command = [sys.executable, "-m", "asr", "transcribe", str(manifest), "-m", str(model), "--threads", "1", *options]
    rows = [json.loads(line) for line in subprocess.check_output(command, text=True).splitlines()]
    texts = {str(number): row["pred_text"] for number, row in enumerate(rows)}
    return score({str(number): one.text for number, one in enumerate(utterances)}, texts).wer


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw memory against length."""
    # No random ids and no date, so that the same numbers give the same file.
    plt.rcParams.update({"svg.hashsalt": path.stem, "svg.fonttype": "none", "font.size": 9})
    figure, place = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for name in dict.fromkeys(row["contender"] for row in rows):
        found = [(row["minutes"], row["peak_mb"]) for row in rows if row["contender"] == name]
        place.plot(*zip(*found, strict=True), "o-", markersize=4, label=name)
    place.set(xlabel="length of the recording, minutes", ylabel="most memory of the process, MB", ylim=(0, None))
    place.grid(alpha=0.3)
    place.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
