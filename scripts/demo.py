"""The whole pipeline in a few minutes: recordings in, a trained model, transcripts and a word error rate out.

    python scripts/demo.py [--folder work/demo] [--synthesised] [--epochs N]

Real speech where there is some (AN4, from ../shared/data or from what the recipe downloaded), cut down to utterances of
digits and command words, so that a small model learns them in two minutes. Otherwise a synthetic voice speaks such
utterances; its word error rate says that the program works, and nothing about people. Each command is printed as one
would type it.
"""

import argparse
import json
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

from asr.manifest import Utterance, read_manifest, write_manifest

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "scripts" / "demo.toml"
DIGITS = ["ZERO", "OH", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"]
COMMANDS = ["YES", "NO", "GO", "STOP", "HELP", "START", "REPEAT", "ENTER", "ERASE", "RUBOUT"]
VOCABULARY = frozenset(DIGITS + COMMANDS)
SPOKEN = {"train": 300, "dev": 20, "test": 40}  # synthesised utterances
SPLITS = tuple(SPOKEN)
SEED = 1


class CommandError(Exception):
    """A command of the demonstration failed; it has said why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "work" / "demo", help="made anew (default: work/demo)")
    parser.add_argument("--synthesised", action="store_true", help="do not look for real speech")
    parser.add_argument("--epochs", type=int, help="passes over the training data (default: as in scripts/demo.toml)")
    args = parser.parse_args(argv)
    args.folder = args.folder.absolute()
    shutil.rmtree(args.folder, ignore_errors=True)
    args.folder.mkdir(parents=True)
    try:
        collect(args.folder, None if args.synthesised else find_an4())
        wer = learn(args.folder, args.epochs)
    except CommandError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(f"\nDone; all files are in {typed(args.folder)}.")
    print(f"Word error rate on utterances that training did not see: {wer:.1%}")
    return 0


def collect(folder: Path, an4: Path | None) -> None:
    """Write train.jsonl, dev.jsonl and test.jsonl: real speech from an AN4 folder, or else synthesised."""
    if an4:
        print(f"Real speech: AN4, from {typed(an4)}.")
        asr("corpus", "prepare", "an4", folder / "an4", "--from", an4)
        select(folder)
    else:
        print("No real speech here (neither ../shared/data nor AN4 in recipes/an4/work): a synthetic voice speaks.")
        speak(folder)


def find_an4() -> Path | None:
    """Return a folder with AN4 in its original layout: restored from ../shared/data, or found; None without either."""
    restored = ROOT / "work" / "data" / "an4"
    restore = ROOT.parent / "shared" / "data" / "restore.py"
    if restore.is_file():
        run(["python", typed(restore), typed(restored.parent), "--only", "an4"], [sys.executable])
    known = [restored, *(path.parents[1] for path in ROOT.glob("recipes/an4/work/**/etc/an4_train.fileids"))]
    return next((path for path in known if (path / "etc" / "an4_train.fileids").is_file()), None)


def select(folder: Path) -> None:
    """Keep the utterances of AN4 that use no other words than the demonstration's."""
    for split in SPLITS:
        utterances = read_manifest(folder / "an4" / f"{split}.jsonl")
        kept = [utterance for utterance in utterances if set(utterance.text.split()) <= VOCABULARY]
        write_manifest(folder / f"{split}.jsonl", kept)
        speakers = len({utterance.speaker for utterance in kept})
        print(f"{split}: kept {len(kept)} utterances of {len(utterances)}, {speakers} speakers: digits and commands")


def speak(folder: Path) -> None:
    """Let a synthetic voice say random digits and commands, at varied speed and in varied noise."""
    from hibari import Hibari

    voice, chance, noise = Hibari(), random.Random(SEED), np.random.default_rng(SEED)
    for split, texts in sentences(chance):
        recordings = folder / "speech" / split
        recordings.mkdir(parents=True)
        for number, text in enumerate(texts):
            # Without a full stop the voice leaves the last word hanging.
            waveform = voice(f"{text.capitalize()}.", speed=chance.uniform(0.8, 1.25), seed=chance.randrange(2**31))
            waveform = waveform + noise.normal(0, 10 ** chance.uniform(-4, -2), len(waveform))
            soundfile.write(recordings / f"{split}{number:03d}.wav", np.clip(waveform, -1, 1), voice.sample_rate)
            (recordings / f"{split}{number:03d}.txt").write_text(f"{text}\n")
        asr("corpus", "prepare", "folder", folder / "speech" / f"{split}-manifest", "--from", recordings)
        utterances = read_manifest(folder / "speech" / f"{split}-manifest" / "all.jsonl")
        write_manifest(folder / f"{split}.jsonl", utterances)


def sentences(chance: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Yield each split with its sentences: every command alone, and digits that no other split has in that order."""
    said: set[str] = set(COMMANDS)
    for split, number in SPOKEN.items():
        texts = list(COMMANDS)
        while len(texts) < number:
            digits = " ".join(chance.choices(DIGITS, k=chance.randint(1, 6)))
            text = digits if chance.random() < 0.7 else f"{chance.choice(COMMANDS)} {digits}"
            if text not in said:
                said.add(text)
                texts.append(text)
        yield split, texts


def learn(folder: Path, epochs: int | None) -> float:
    """Compute features, train, decode, score; return the word error rate."""
    config, run_folder = folder / "config.toml", folder / "run"
    shutil.copyfile(CONFIG, config)
    more = [] if epochs is None else ["--set", f"train.epochs={epochs}"]
    asr("prepare", folder / "train.jsonl", "--config", config, "--augment", "--output", folder / "shards" / "train")
    asr("prepare", folder / "dev.jsonl", "--config", config, "--output", folder / "shards" / "dev")
    asr("train", config, "--output", run_folder, *more)
    hypotheses, scores = folder / "hypotheses.jsonl", folder / "scores.json"
    asr("decode", run_folder, folder / "test.jsonl", "--output", hypotheses)
    asr("score", folder / "test.jsonl", hypotheses, "--json", scores)
    example = longest(read_manifest(folder / "test.jsonl"))
    print(f"\nOne file; it says: {example.text}")
    asr("transcribe", "-m", run_folder, example.audio_filepath)
    print("\nThe model of English that comes with asr has never heard of this task; it hears:")
    asr("transcribe", example.audio_filepath)
    return json.loads(scores.read_text())["wer"]


def longest(utterances: Sequence[Utterance]) -> Utterance:
    """Return the utterance with most words."""
    return max(utterances, key=lambda utterance: len(utterance.text.split()))


def asr(*arguments: str | Path) -> None:
    """Run an ``asr`` command."""
    run(["asr", *map(typed, arguments)], [sys.executable, "-m", "asr"])


def run(words: Sequence[str], program: Sequence[str]) -> None:
    """Print a command and run it in the repository's folder; ``program`` is what its first word stands for."""
    shown = shlex.join(words)
    print(f"\n$ {shown}", flush=True)
    status = subprocess.run([*program, *words[1:]], cwd=ROOT, check=False).returncode
    if status:
        raise CommandError(f"exit status {status}: {shown}")


def typed(argument: str | Path) -> str:
    """Return an argument as one would type it in the repository's folder."""
    if isinstance(argument, Path) and argument.is_absolute():
        if argument.is_relative_to(ROOT):
            return str(argument.relative_to(ROOT))
        if argument.is_relative_to(ROOT.parent):
            return str(Path("..", argument.relative_to(ROOT.parent)))
    return str(argument)


if __name__ == "__main__":
    sys.exit(main())
