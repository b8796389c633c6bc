"""The report as JSON, for programs; rates are fractions and ``null`` where they are undefined."""

import json
from dataclasses import asdict

from asr.report.report import Report


def as_json(report: Report) -> str:
    """Return the text of a JSON file with the scores of a report."""
    scores = report.scores
    value = {
        **report.rates,
        "interval": None if scores.interval is None else asdict(scores.interval),
        "normaliser": {"name": scores.normaliser.name, "version": scores.normaliser.version},
        "groups": report.group_rates,
        "missing": list(scores.missing),
        "extra": list(scores.extra),
    }
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
