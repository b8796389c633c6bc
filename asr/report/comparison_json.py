"""A comparison of systems as JSON: each system's scores as `asr.report.as_json` has them, and each two of them."""

import json
from dataclasses import asdict

from asr.report.as_json import report_values
from asr.report.comparison import Comparison


def comparison_as_json(comparison: Comparison) -> str:
    """Return the text of a JSON file with a comparison; rates and differences are fractions."""
    systems = [
        {"name": name, **report_values(report)}
        for name, report in zip(comparison.names, comparison.reports, strict=True)
    ]
    pairs = [
        asdict(pair) | {"first": comparison.names[pair.first], "second": comparison.names[pair.second]}
        for pair in comparison.pairs
    ]
    value = {"systems": systems, "pairs": pairs}
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
