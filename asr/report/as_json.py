"""The report as JSON, for programs; rates are fractions and ``null`` where they are undefined."""

import json
from dataclasses import asdict
from typing import Any

from asr.report.report import Report


def as_json(report: Report) -> str:
    """Return the text of a JSON file with the scores of a report."""
    return json.dumps(report_values(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def report_values(report: Report) -> dict[str, Any]:
    """Return the scores of a report as plain values."""
    scores = report.scores
    return {
        **report.rates,
        "interval": None if scores.interval is None else asdict(scores.interval),
        "normaliser": {"name": scores.normaliser.name, "version": scores.normaliser.version},
        "weights": scores.weights,
        "groups": report.group_rates,
        "missing": list(scores.missing),
        "extra": list(scores.extra),
        "confusions": [asdict(confusion) for confusion in report.confusions],
        "most_inserted": [asdict(word) for word in report.insertions],
        "most_deleted": [asdict(word) for word in report.deletions],
        "calibration": None if report.reliability is None else asdict(report.reliability),
        "unseen_words": None if report.unseen is None else asdict(report.unseen),
        "real_time_factor": report.real_time_factor,
        "facts": dict(report.facts),
    }
