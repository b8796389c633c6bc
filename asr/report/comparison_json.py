"""A comparison of systems as JSON: each system's scores as `asr.report.as_json` has them, and each two of them."""

import json
import math
from dataclasses import asdict
from typing import Any

from asr.report.as_json import report_values
from asr.report.comparison import Comparison
from asr.scoring.significance.result import Significance


def comparison_as_json(comparison: Comparison) -> str:
    """Return the text of a JSON file with a comparison; rates and differences are fractions."""
    systems = [
        {"name": name, **report_values(report)}
        for name, report in zip(comparison.names, comparison.reports, strict=True)
    ]
    pairs = [
        asdict(pair)
        | {"first": comparison.names[pair.first], "second": comparison.names[pair.second]}
        | {"tests": [_test(test) for test in pair.tests]}
        for pair in comparison.pairs
    ]
    value = {"systems": systems, "pairs": pairs}
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _test(test: Significance) -> dict[str, Any]:
    """A test's values; JSON has no infinite number, so that an infinite statistic is null, with a p of 0."""
    infinite = test.statistic is not None and math.isinf(test.statistic)
    return asdict(test) | ({"statistic": None} if infinite else {})
