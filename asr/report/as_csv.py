"""One row an utterance as CSV, for spreadsheets and data frames; `asr score` reads it again."""

import csv
import io

from asr.report.report import Report
from asr.report.utterance_facts import UtteranceFacts

_COLUMNS = (
    *("id", "speaker", "duration", "words", "errors", "hits", "substitutions", "insertions", "deletions"),
    *("wer", "cer", "reference", "hypothesis"),
)


def as_csv(report: Report) -> str:
    """Return the text of a CSV file; rates are fractions and empty where undefined, texts are as they were compared.

    Keys that the report is grouped by follow, one column each, unless they are the name of a column before.
    """
    keys = [key for key in report.group_rates if key not in _COLUMNS]
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow([*_COLUMNS, *keys])
    for utterance in report.scores.utterances:
        facts = report.utterances.get(utterance.id, UtteranceFacts())
        counts = utterance.counts.words
        writer.writerow(
            [
                *(utterance.id, facts.speaker, facts.duration, counts.reference_length, counts.errors),
                *(counts.hits, counts.substitutions, counts.insertions, counts.deletions),
                *(utterance.counts.wer, utterance.counts.cer, utterance.reference, utterance.hypothesis),
                *(facts.groups.get(key) for key in keys),
            ]
        )
    return output.getvalue()
