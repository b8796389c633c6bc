"""The page of a training report: which data the scripts get, and under which names."""

import math
import shlex
from dataclasses import asdict
from typing import Any

from asr.report.page.document import page_document
from asr.report.page.edits import edits_of, reference_of
from asr.report.training import TrainingReport, TrainingRun
from asr.scoring.counts import align
from asr.training.history import EpochRecord

_SCRIPTS = (
    "dom.js",
    "format.js",
    "report_data.js",
    "state.js",
    "chart.js",
    "lines.js",
    "terms.js",
    "alignment.js",
    "training_page.js",
)


def training_page(report: TrainingReport) -> str:
    """Return the page of one training or several."""
    data = {
        "command": shlex.join(report.command),
        "runs": [_run(run) for run in report.runs],
        "differences": [{"setting": key, "values": values} for key, values in report.differences.items()],
        "utterances": [],
    }
    return page_document(f"Training of {' and '.join(run.name for run in report.runs)}", data, _SCRIPTS)


def _run(run: TrainingRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "best": None if run.best is None else asdict(run.best),
        "diverged": run.diverged,
        "seconds": run.seconds,
        "frames_per_second": run.frames_per_second,
        "data_wait": run.data_wait,
        "epochs": [{"epoch": record.epoch, **_finite(record.numbers)} for record in run.records],
        "samples": _samples(run.records),
    }


def _finite(numbers: dict[str, float]) -> dict[str, float | None]:
    """The numbers, None for those that JSON has not: a training that diverged has a loss that is none."""
    return {key: value if math.isfinite(value) else None for key, value in numbers.items()}


def _samples(records: tuple[EpochRecord, ...]) -> list[dict[str, Any]]:
    """Each development utterance with what was heard at each epoch; None at an epoch that did not keep it."""
    references = {sample.id: sample.reference for record in records for sample in record.samples}
    rows = []
    for name, reference in references.items():
        heard = [next((s.hypothesis for s in record.samples if s.id == name), None) for record in records]
        known = [text for text in heard if text is not None]
        aligned = iter([words for _, words in align([reference] * len(known), known)])
        words_of = [None if text is None else next(aligned) for text in heard]
        text = reference_of(next(words for words in words_of if words is not None))
        found = [None if words is None else edits_of(words) for words in words_of]
        rows.append({"id": name, "text": text, "found": found})
    return rows
