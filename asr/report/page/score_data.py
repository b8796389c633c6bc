"""The page of a report or of a comparison: which data the scripts get, and under which names.

Rates and intervals are the report's. The page itself counts pairs of words, and utterances by rate, from the
alignments, as what it shows follows the reader's choices.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from asr.decoding.hypothesis import Word
from asr.report.comparison import Comparison
from asr.report.comparison_rows import rows_of_tests
from asr.report.names import system_names
from asr.report.page.document import page_document
from asr.report.page.edits import edits_of, reference_of
from asr.report.page.sounds import SOUND_TYPE, Sounds
from asr.report.report import Report
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.interval import bootstrap_interval
from asr.scoring.score import ScoredUtterance
from asr.wording import counted, listed

_SCRIPTS = (
    "dom.js",
    "format.js",
    "report_data.js",
    "state.js",
    "chart.js",
    "chart_groups.js",
    "chart_histogram.js",
    "chart_reliability.js",
    "summary.js",
    "comparison.js",
    "words.js",
    "terms.js",
    "filter.js",
    "columns.js",
    "table.js",
    "toolbar.js",
    "alignment.js",
    "sound.js",
    "player.js",
    "spectrogram.js",
    "timeline.js",
    "detail.js",
    "links.js",
    "print.js",
    "score_page.js",
)


def report_page(report: Report, sounds: Sounds | None = None) -> str:
    """Return the page of one system's report."""
    names = tuple(system_names([Path(report.hypotheses)]))
    return comparison_page(Comparison(names, (report,), (), report.command), sounds)


def comparison_page(comparison: Comparison, sounds: Sounds | None = None) -> str:
    """Return the page of several systems."""
    sounds = sounds or Sounds()
    places = {utterance.id: place for place, utterance in enumerate(comparison.reports[0].scores.utterances)}
    kept = {places[name]: content for name, content in sounds.kept.items()}
    title = f"Word error rate of {' and '.join(comparison.names)}"
    return page_document(title, page_data(comparison, sounds), _SCRIPTS, kept)


def page_data(comparison: Comparison, sounds: Sounds) -> dict[str, Any]:
    """Return all that the page's scripts are given, as plain values."""
    first = comparison.reports[0]
    return {
        "references": first.references,
        "command": shlex.join(comparison.command),
        "normaliser": {"name": first.scores.normaliser.name, "version": first.scores.normaliser.version},
        "sound_type": SOUND_TYPE,
        "notices": _notices(comparison, sounds),
        "systems": [_system(*pair) for pair in zip(comparison.names, comparison.reports, strict=True)],
        "pairs": [asdict(pair) | {"tests": rows_of_tests(pair)} for pair in comparison.pairs],
        "groups": {key: _group(key, comparison.reports) for key in first.group_rates},
        "utterances": _utterances(comparison.reports, sounds),
    }


def _notices(comparison: Comparison, sounds: Sounds) -> list[str]:
    notices = []
    for name, report in zip(comparison.names, comparison.reports, strict=True):
        of = f" of {name}" if len(comparison.names) > 1 else ""
        notices.append((report.scores.missing, f"without a hypothesis{of}, counted as deleted"))
        notices.append((report.scores.extra, f"{of.strip()} without a reference, not counted".strip()))
    notices.append((sounds.missing, "without sound, not found or not readable"))
    return [f"{counted(len(names), 'utterance')} {what}: {listed(names)}" for names, what in notices if names]


def _system(name: str, report: Report) -> dict[str, Any]:
    interval = report.scores.interval
    return {
        "name": name,
        "hypotheses": report.hypotheses,
        "rates": report.rates,
        "interval": None if interval is None else asdict(interval),
        "facts": dict(report.facts),
        "real_time_factor": report.real_time_factor,
        "calibration": None if report.reliability is None else asdict(report.reliability),
        "unseen": None if report.unseen is None else asdict(report.unseen),
    }


def _group(key: str, reports: Sequence[Report]) -> dict[str, Any]:
    """The rates of each value of a key, system by system; ``ordered`` where the values have an order of their own."""
    values = reports[0].group_rates[key]
    intervals = [_group_intervals(key, report) for report in reports]
    rates = {
        value: [
            {name: report.group_rates[key][value][name] for name in ("wer", "words", "utterances")}
            | dict(zip(("low", "high"), of_value.get(value, (None, None)), strict=True))
            for report, of_value in zip(reports, intervals, strict=True)
        ]
        for value in values
    }
    return {"ordered": key in reports[0].measured, "values": rates}


def _group_intervals(key: str, report: Report) -> dict[str, tuple[float, float]]:
    """The interval by utterance of each value that has one."""
    places: dict[str | None, list[int]] = {}
    for place, utterance in enumerate(report.scores.utterances):
        places.setdefault(_groups_of(report.utterances.get(utterance.id)).get(key), []).append(place)
    counts = [utterance.counts.words for utterance in report.scores.utterances]
    errors = np.array([count.errors for count in counts])
    words = np.array([count.reference_length for count in counts])
    found = {value: bootstrap_interval(errors[chosen], words[chosen]) for value, chosen in places.items() if value}
    return {value: (interval.low, interval.high) for value, interval in found.items() if interval}


def _groups_of(facts: UtteranceFacts | None) -> dict[str, str]:
    if facts is None:
        return {}
    speaker = {} if facts.speaker is None else {"speaker": facts.speaker}
    return speaker | dict(facts.groups)


def _utterances(reports: Sequence[Report], sounds: Sounds) -> list[dict[str, Any]]:
    keys = set(reports[0].group_rates)
    rows = []
    for scored in zip(*(report.scores.utterances for report in reports), strict=True):
        facts = [report.utterances.get(scored[0].id, UtteranceFacts()) for report in reports]
        rows.append(_utterance(scored, facts, keys, sounds))
    return rows


def _utterance(
    scored: Sequence[ScoredUtterance], facts: Sequence[UtteranceFacts], keys: set[str], sounds: Sounds
) -> dict[str, Any]:
    """One utterance of all systems; what is not known is left out, for 30 000 of them stand in a page."""
    name, known = scored[0].id, facts[0]
    link = sounds.links.get(name)
    row = {
        "id": name,
        "text": reference_of(scored[0].words),
        "speaker": known.speaker,
        "duration": _rounded(known.duration),
        "speaking_rate": _rounded(known.speaking_rate),
        "snr_db": _rounded(known.snr_db),
        "groups": {key: value for key, value in _groups_of(known).items() if key in keys},
        "audio": link,
        "offset": known.offset if link else 0.0,
        "channel": known.channel if link else None,
        "said_times": _times(known.reference_words, known.offset),
        "said_words": [word.word for word in known.reference_words],
        "found": [_found(*pair) for pair in zip(scored, facts, strict=True)],
    }
    if row["said_words"] == row["text"].split(" "):
        del row["said_words"]
    return _without_nothing(row) | {"text": row["text"]}


def _found(scored: ScoredUtterance, facts: UtteranceFacts) -> dict[str, Any]:
    """What a system found: edits as a text of ``=SDI``, and the words that are not those of the reference."""
    heard = [word for _, word in scored.words if word is not None]
    given = [word.word for word in facts.words]
    found = {
        "times": _times(facts.words, facts.offset),
        "confidence": _confidences(facts.words),
        # Times are of the words as they were given; where normalising has kept their number, they are those found.
        "spoken": given if len(given) != len(heard) else None,
    }
    return edits_of(scored.words) | _without_nothing(found)


def _times(words: Sequence[Word], offset: float) -> list[int | None] | None:
    """Start and end of each word in hundredths of a second from the utterance's start; None where none is known."""
    times = [time for word in words for time in (word.start, word.end)]
    if all(time is None for time in times):
        return None
    return [None if time is None else round(100 * (time - offset)) for time in times]


def _confidences(words: Sequence[Word]) -> list[int | None] | None:
    """Confidence of each word in per cent; None where none is known."""
    if all(word.confidence is None for word in words):
        return None
    return [None if word.confidence is None else round(100 * word.confidence) for word in words]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _without_nothing(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [], {}, 0.0)}
