"""Train and test every system on every share of the data with every seed, several at a time; what is done is skipped.

    python trainings.py --percents 10 30 100 --seeds 1 2 3 --jobs 2

Runs in the work folder, which has shards/train-PERCENT, shards/dev and shards/test. Each training is `asr train` into
runs/SYSTEM-PERCENT-seedSEED, then `asr decode` of the test set into hypotheses.jsonl in it, and last training.json,
which says that it is done; what the commands say goes to logs/. Started again, a training goes on from its last
checkpoint. With --left it only says what is left. With --known table.json (of gather.py) what stands there with the
same settings is done as well: runs are large and stay where they were made, the table goes to the next machine.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from systems import RECIPE, System, chosen

import asr.run
from asr.cores import num_cores


@dataclass(frozen=True)
class Training:
    """One run: a system, a share of the data in per cent, a seed."""

    system: System
    percent: int
    seed: int

    @property
    def name(self) -> str:
        """Of its folder in runs/."""
        return f"{self.system.name}-{self.percent}-seed{self.seed}"

    @property
    def hypotheses(self) -> Path:
        """What it found."""
        return Path("runs", self.name, "hypotheses.jsonl")

    @property
    def record(self) -> Path:
        """With which settings and code it was made; written last."""
        return Path("runs", self.name, "training.json")

    def settings(self, more: Sequence[str]) -> list[str]:
        """Return what is set beyond base.toml, but for where the data are; ``more`` comes last."""
        # Few data are passed over more often, in fewer steps: 10 % five times an epoch, 30 % twice.
        repeat = f"data.repeat=[{round((100 / self.percent) ** 0.7)}]"
        return [*self.system.settings, f"train.seed={self.seed}", repeat, *more]

    def digest(self, more: Sequence[str]) -> str:
        """Return what tells trainings with other settings apart."""
        base = (RECIPE / "base.toml").read_text(encoding="utf-8")
        return hashlib.sha256("\n".join([base, *self.settings(more)]).encode()).hexdigest()[:16]

    def commands(self, more: Sequence[str]) -> list[list[str]]:
        """Return the commands that make it, with ``more`` settings for the training."""
        shards = Path.cwd() / "shards"
        data = [f'data.train=["{shards}/train-{self.percent}"]', f'data.dev=["{shards}/dev"]']
        settings = [*data, *self.settings(more)]
        run = f"runs/{self.name}"
        train = ["asr", "train", str(RECIPE / "base.toml"), "--output", run, "--resume"]
        return [
            [*train, *(f"--set={setting}" for setting in settings)],
            ["asr", "decode", run, "shards/test", "--output", str(self.hypotheses), "--beam-size", "1"],
        ]


def planned(systems: Sequence[System], percents: Sequence[int], seeds: Sequence[int]) -> list[Training]:
    """Return all trainings: the whole table with the first seed, then with the next."""
    return [
        Training(system, percent, seed)
        for seed in seeds
        for percent in sorted(percents)
        for system in systems
        if percent in system.percents
    ]


def carry_out(training: Training, more: Sequence[str], threads: int) -> float:
    """Run the commands of a training, what they say into its log, and return the seconds that they took.

    Raises:
        subprocess.CalledProcessError: one failed.
    """
    started = time.monotonic()
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    Path("logs").mkdir(exist_ok=True)
    with Path("logs", f"{training.name}.log").open("a", encoding="utf-8") as log:
        for command in training.commands(more):
            subprocess.run(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=True)
    facts = json.loads((training.record.parent / asr.run.ENVIRONMENT).read_text(encoding="utf-8"))
    record = {"settings": training.digest(more), "commit": facts.get("commit")}
    training.record.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return time.monotonic() - started


def known(table: Path | None) -> set[tuple[str, str]]:
    """Return name and settings of the trainings that a table of gather.py has; none where there is no such file."""
    if table is None or not table.is_file():
        return set()
    rows = json.loads(table.read_text(encoding="utf-8"))["errors"]
    return {(f"{row['system']}-{row['percent']}-seed{row['seed']}", row["settings"]) for row in rows}


def carry_out_all(left: Sequence[Training], more: Sequence[str], jobs: int) -> int:
    """Run what is left, ``jobs`` at a time, say after each how much is left, and return how many failed."""
    threads = max(1, num_cores() // jobs)
    waiting, running, seconds, failed = list(left), {}, [], 0
    with ThreadPoolExecutor(jobs) as pool:
        while waiting or running:
            while waiting and len(running) < jobs:
                training = waiting.pop(0)
                running[pool.submit(carry_out, training, more, threads)] = training
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                training, num_left = running.pop(future), len(waiting) + len(running)
                failed += not _report(training, future, seconds, num_left, jobs)
    return failed


def _report(training: Training, future: Future, seconds: list[float], num_left: int, jobs: int) -> bool:
    """Say how a training ended, and return whether it is done."""
    try:
        seconds.append(future.result())
    except subprocess.CalledProcessError as error:
        _say(f"{training.name}: stopped with status {error.returncode}, see logs/{training.name}.log; {num_left} left")
        return False
    rest = sum(seconds) / len(seconds) * num_left / jobs
    _say(f"{training.name}: done in {seconds[-1] / 60:.1f} min; {num_left} left, about {rest / 3600:.1f} h")
    return True


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="*", default=[], metavar="NAME", help="some of them (default: all)")
    parser.add_argument("--percents", nargs="+", type=int, default=[10, 30, 100], metavar="P")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all trainings")
    parser.add_argument("--jobs", type=int, default=num_cores(), help="at a time (default: a core each)")
    parser.add_argument("--known", type=Path, metavar="F", help="table.json, whose trainings are done")
    parser.add_argument("--left", action="store_true", help="only say what is left")
    args = parser.parse_args()
    trainings = planned(chosen(args.systems), args.percents, args.seeds)
    done = known(args.known)
    left = [
        training
        for training in trainings
        if not training.record.is_file() and (training.name, training.digest(args.set)) not in done
    ]
    _say(f"{len(trainings) - len(left)} of {len(trainings)} trainings are done, {len(left)} left")
    if args.left:
        print(*(training.name for training in left), sep="\n")
        return 0
    failed = carry_out_all(left, args.set, args.jobs)
    if failed:
        _say(f"{failed} of {len(left)} failed: the same command goes on with them")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
