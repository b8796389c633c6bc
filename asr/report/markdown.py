"""The report as Markdown, for READMEs and pull requests.

Texts and ids come from files of others, so whatever Markdown or HTML would read as its own is escaped.
"""

import re
import shlex
from collections.abc import Iterable, Sequence

from asr.report.report import Report
from asr.report.wording import NO_WORD, aligned_lines, error_words, interval_words, percent

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def as_markdown(report: Report) -> str:
    """Return the text of a Markdown file with a report."""
    sections = [_summary(report), *_groups(report), _confusions(report), _worst(report), _not_compared(report)]
    return "\n".join(section for section in sections if section)


def escape(text: str) -> str:
    r"""Return ``text`` as Markdown that shows it, on one line.

    >>> print(escape("a|b\n<i>"))
    a\|b \<i\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _summary(report: Report) -> str:
    rates = report.rates
    normaliser = report.scores.normaliser
    interval = interval_words(report)
    rows = [
        ("Word error rate", f"**{percent(rates['wer'])}**" + (f", {interval}" if interval else "")),
        ("Character error rate", percent(rates["cer"])),
        ("Utterances with an error", percent(rates["sentence_error_rate"])),
        ("Match error rate", percent(rates["mer"])),
        ("Word information lost", percent(rates["wil"])),
        ("Errors", error_words(rates)),
        ("References", escape(report.references)),
        ("Hypotheses", escape(report.hypotheses)),
        ("Normaliser", f"{normaliser.name}, version {normaliser.version}"),
    ]
    command = _fenced([shlex.join(report.command)], "sh")
    return "# Word error rate\n\n" + _table(("", ""), rows) + "\n" + command


def _groups(report: Report) -> list[str]:
    columns = ("utterances", "words", "wer", "cer", "substitutions", "insertions", "deletions")
    sections = []
    for key, values in report.group_rates.items():
        rows = [
            (escape(value), *(percent(rates[c]) if c in ("wer", "cer") else str(rates[c]) for c in columns))
            for value, rates in values.items()
        ]
        sections.append(f"## By {escape(key)}\n\n" + _table((escape(key), *columns), rows))
    return sections


def _confusions(report: Report) -> str:
    if not report.confusions:
        return ""
    rows = [
        (str(confusion.count), _word(confusion.reference), _word(confusion.hypothesis))
        for confusion in report.confusions
    ]
    return "## Most frequent errors\n\n" + _table(("times", "said", "found"), rows)


def _worst(report: Report) -> str:
    if not report.worst:
        return ""
    parts = ["## Utterances with most errors\n"]
    for utterance in report.worst:
        counts = utterance.counts.words
        parts.append(f"### {escape(utterance.id)}\n\n{counts.errors} errors in {counts.reference_length} words\n")
        reference, hypothesis, kinds = aligned_lines(utterance.words)
        parts.append(_fenced([f"said   {reference}", f"found  {hypothesis}", f"       {kinds}"], "text"))
    return "\n".join(parts)


def _not_compared(report: Report) -> str:
    parts = []
    if report.scores.missing:
        parts.append(f"Counted as deleted, for want of a hypothesis: {_names(report.scores.missing)}.\n")
    if report.scores.extra:
        parts.append(f"Not counted, for want of a reference: {_names(report.scores.extra)}.\n")
    return "## Without a partner\n\n" + "\n".join(parts) if parts else ""


def _names(names: Iterable[str]) -> str:
    return ", ".join(escape(name) for name in names)


def _word(word: str | None) -> str:
    return escape(NO_WORD if word is None else word)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def _fenced(lines: Sequence[str], language: str) -> str:
    """Lines as code, in a fence that none of them can close."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence]) + "\n"
