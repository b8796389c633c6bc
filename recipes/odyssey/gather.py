"""Gather all trainings into a table (Markdown, CSV, JSON) and figures.

    python gather.py --output results

Runs in the work folder: reads runs/*/hypotheses.jsonl, data/test.jsonl, sizes.json and steps.json. Word error rates are
greedy, without a language model. The mean is over seeds, the spread is the lowest and highest of them. The interval
holds the mean rate of such trainings on such speech with 95 %: utterances and seeds are drawn again, 10 000 times. The
difference to the LSTM is drawn with the same utterances for both; where its interval holds 0, these trainings do not
tell which is better.

With --known, trainings of an earlier table.json that are not in runs/ stand in the new one, too.
"""

import argparse
import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import figures
import numpy as np
from systems import REFERENCE, read_systems

import asr
from asr.scoring.transcripts import read_transcripts

_RESAMPLES, _LEVEL = 10_000, 0.95
Errors: TypeAlias = np.ndarray  # [S, N] errors of each seed in each utterance


@dataclass(frozen=True)
class Tested:
    """A training and its errors in each utterance of the test set; `trainings` says what ``settings`` are."""

    system: str
    percent: int
    seed: int
    errors: list[int]
    settings: str
    commit: str | None


def read_runs(folder: Path, references: Mapping[str, str]) -> list[Tested]:
    """Return all runs that are done."""
    found = []
    for path in sorted(folder.glob("*/training.json")):
        match = re.fullmatch(r"(.+)-(\d+)-seed(\d+)", path.parent.name)
        if match is None:
            continue
        scored = asr.score(references, read_transcripts(path.with_name("hypotheses.jsonl"), "hypotheses").texts)
        errors = [one.counts.words.errors for one in scored.utterances]
        record = json.loads(path.read_text(encoding="utf-8"))
        found.append(Tested(match[1], int(match[2]), int(match[3]), errors, **record))
    return found


def with_known(runs: Sequence[Tested], table: Path, references: Mapping[str, str]) -> list[Tested]:
    """Return the runs, and before them those of an earlier table that are not among them.

    Raises:
        SystemExit: the table is of other utterances.
    """
    if not table.is_file():
        return list(runs)
    content = json.loads(table.read_text(encoding="utf-8"))
    if content["utterances"] != list(references):
        raise SystemExit(f"{table}: of other utterances than data/test.jsonl: gather without it")
    places = {(run.system, run.percent, run.seed) for run in runs}
    known = [Tested(**row) for row in content["errors"]]
    return [run for run in known if (run.system, run.percent, run.seed) not in places] + list(runs)


def by_system(runs: Sequence[Tested]) -> dict[tuple[str, int], dict[int, list[int]]]:
    """Return the errors in each utterance by system and share, then by seed, all in order."""
    found: dict[tuple[str, int], dict[int, list[int]]] = {}
    for run in sorted(runs, key=lambda run: (run.system, run.percent, run.seed)):
        found.setdefault((run.system, run.percent), {})[run.seed] = run.errors
    return found


def resampled(errors: Errors, words: np.ndarray, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the error rate of each resample [R].

    Args:
        errors: of each seed in each utterance.
        words: [N] of the references.
        draws: [R, N] how often each utterance is drawn.
        rng: draws the seeds.
    """
    seeds = rng.multinomial(len(errors), np.full(len(errors), 1 / len(errors)), size=len(draws))  # [R, S]
    return np.einsum("rs,rs->r", seeds, draws @ errors.T) / (len(errors) * (draws @ words))


def interval(rates: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of resampled rates."""
    low, high = np.quantile(rates, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def rows_of(found: Mapping[tuple[str, int], Mapping[int, list[int]]], words: np.ndarray) -> list[dict[str, Any]]:
    """Return a row for each system and share: rates and intervals, and the difference to the reference's."""
    draws = np.random.default_rng(0).multinomial(len(words), np.full(len(words), 1 / len(words)), size=_RESAMPLES)
    rates = {
        key: resampled(np.array(list(seeds.values())), words, draws, np.random.default_rng(number + 1))
        for number, (key, seeds) in enumerate(found.items())
    }
    rows = []
    for (system, percent), seeds in found.items():
        each = [sum(errors) / int(words.sum()) for errors in seeds.values()]
        row = {"system": system, "percent": percent, "seeds": len(each), "wer": float(np.mean(each))}
        row |= {"lowest": min(each), "highest": max(each), "interval": interval(rates[system, percent])}
        if system != REFERENCE and (REFERENCE, percent) in rates:
            difference = rates[system, percent] - rates[REFERENCE, percent]
            reference = np.mean([sum(errors) / int(words.sum()) for errors in found[REFERENCE, percent].values()])
            row |= {"difference": row["wer"] - float(reference), "difference_interval": interval(difference)}
        rows.append(row)
    return rows


def markdown(rows: list[dict[str, Any]], costs: Mapping[str, Mapping[str, Any]], machine: str) -> str:
    """Return the tables: error rates by share, then what each system costs."""
    lines = []
    for percent in sorted({row["percent"] for row in rows}, reverse=True):
        lines += [f"### {percent} % of the training data", ""]
        lines += [
            "| system | seeds | WER | 95 % interval | seeds' lowest to highest | points below the LSTM (interval) |",
            "|---|---|---|---|---|---|",
        ]
        own = sorted((row for row in rows if row["percent"] == percent), key=lambda row: row["wer"])
        lines += [_rate_line(row) for row in own] + [""]
    lines += ["### What they cost", "", f"Training steps of 16 utterances of 2.5 s, timed in turn{machine}.", ""]
    lines += [
        "| system | weights | seconds a step | of LSTM's | peak memory | delay | state | state of each second said |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [_cost_line(name, cost) for name, cost in costs.items()]
    return "\n".join(lines) + "\n"


def _rate_line(row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    gain = "-"
    if "difference" in row:
        # What the table calls a gain is positive where the system makes fewer errors.
        best, worst = (-one for one in row["difference_interval"])
        gain = f"{-100 * row['difference']:+.1f} ({100 * worst:+.1f} to {100 * best:+.1f})"
    return (
        f"| {row['system']} | {row['seeds']} | {_percent(row['wer'])} | {_percent(low)} to {_percent(high)} | "
        f"{_percent(row['lowest'])} to {_percent(row['highest'])} | {gain} |"
    )


def _cost_line(name: str, cost: Mapping[str, Any]) -> str:
    if cost.get("delay_ms") is None:
        live = ("whole utterance", "-", "-")
    else:
        live = (
            f"{cost['delay_ms']} ms",
            _kilobytes(cost["state_bytes"]),
            _kilobytes(cost["state_bytes_a_second"]),
        )
    step = ("-", "-", "-")
    if "seconds" in cost:
        step = (f"{cost['seconds']:.3f}", f"{cost['ratio']:.2f}", f"{cost['peak_mb']:.0f} MB")
    return f"| {name} | {cost['weights']:,} | {' | '.join((*step, *live))} |"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _kilobytes(size: float) -> str:
    return f"{size / 1000:.1f} kB" if size else "0"


def _costs(folder: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Return sizes, live use and step times by system, in the table's order, and on which machine they were timed."""
    sizes = json.loads((folder / "sizes.json").read_text(encoding="utf-8"))
    steps = folder / "steps.json"
    timed = json.loads(steps.read_text(encoding="utf-8")) if steps.is_file() else {"systems": {}}
    machine = timed.get("machine")
    names = [system.name for system in read_systems() if system.name in sizes]
    costs = {name: sizes[name] | timed["systems"].get(name, {}) for name in names}
    return costs, f" on {machine['cores']} cores of {machine['processor']}" if machine else ""


def main() -> None:
    """Read, compute, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(), help="work folder (default: this one)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for table and figures")
    parser.add_argument("--known", type=Path, metavar="F", help="table.json of trainings that are done elsewhere")
    args = parser.parse_args()
    references = read_transcripts(args.work / "data" / "test.jsonl", "references").texts
    runs = read_runs(args.work / "runs", references)
    if args.known:
        runs = with_known(runs, args.known, references)
    if not runs:
        raise SystemExit(f"{args.work / 'runs'}: no training is done: run trainings.py")
    found = by_system(runs)
    rows = rows_of(found, np.array([len(text.split()) for text in references.values()]))
    costs, machine = _costs(args.work)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "table.md").write_text(markdown(rows, costs, machine), encoding="utf-8")
    errors = [asdict(run) for run in runs]
    content = {"rows": rows, "costs": costs, "utterances": list(references), "errors": errors}
    (args.output / "table.json").write_text(json.dumps(content) + "\n", encoding="utf-8")
    _write_csv(args.output / "table.csv", rows)
    figures.rates(rows, list(costs), args.output / "wer.svg")
    print(markdown(rows, costs, machine))


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    names = ["system", "percent", "seeds", "wer", "low", "high", "lowest", "highest", "difference"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | dict(zip(("low", "high"), row["interval"], strict=True)) for row in rows)


if __name__ == "__main__":
    main()
