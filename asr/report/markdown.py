"""The report as Markdown, for READMEs and pull requests.

Texts and ids come from files of others, so whatever Markdown or HTML would read as its own is escaped.
"""

import re
import shlex
from collections.abc import Iterable, Sequence

from asr.report.recogniser_facts import TRAINING
from asr.report.report import Report
from asr.report.wording import (
    NO_WORD,
    aligned_lines,
    error_words,
    interval_words,
    percent,
    reliability_words,
    unseen_lines,
    weights_words,
)

_MAX_WORDS = 10
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")


def as_markdown(report: Report) -> str:
    """Return the text of a Markdown file with a report."""
    sections = [
        _summary(report),
        *_groups(report),
        _confusions(report),
        _words(report),
        _unseen(report),
        _reliability(report),
        _worst(report),
        _best(report),
        _not_compared(report),
    ]
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
        ("Normaliser", f"{escape(normaliser.name)}, version {normaliser.version}"),
    ]
    if weights := weights_words(report):
        rows.append(("Alignment", weights))
    if report.real_time_factor is not None:
        rows.append(("Real-time factor", f"{report.real_time_factor:.3g}"))
    rows += [(escape(name), escape(value)) for name, value in report.facts.items() if name != TRAINING]
    training = [report.facts[TRAINING]] if TRAINING in report.facts else []
    command = fenced([*training, shlex.join(report.command)], "sh")
    return "# Word error rate\n\n" + table(("", ""), rows) + "\n" + command


def _groups(report: Report) -> list[str]:
    columns = ("utterances", "words", "wer", "cer", "substitutions", "insertions", "deletions")
    sections = []
    for key, values in report.group_rates.items():
        rows = [
            (escape(value), *(percent(rates[c]) if c in ("wer", "cer") else str(rates[c]) for c in columns))
            for value, rates in values.items()
        ]
        sections.append(f"## By {escape(key)}\n\n" + table((escape(key), *columns), rows))
    return sections


def _confusions(report: Report) -> str:
    if not report.confusions:
        return ""
    rows = [
        (str(confusion.count), _word(confusion.reference), _word(confusion.hypothesis))
        for confusion in report.confusions
    ]
    return "## Most frequent errors\n\n" + table(("times", "said", "found"), rows)


def _words(report: Report) -> str:
    sections = []
    for title, words in (("Most inserted words", report.insertions), ("Most deleted words", report.deletions)):
        if words:
            what = "inserted" if words is report.insertions else "deleted"
            rows = [(escape(word.word), str(word.count), str(word.total)) for word in words[:_MAX_WORDS]]
            sections.append(f"## {title}\n\n" + table(("word", what, "of"), rows))
    return "\n".join(sections)


def _unseen(report: Report) -> str:
    if report.unseen is None:
        return ""
    seen, unseen = unseen_lines(report.unseen)
    rows = [("in the training text", seen), ("not in it", unseen)]
    missed = [f"{escape(word.word)} ({word.count} of {word.total})" for word in report.unseen.most_frequent]
    named = f"\nMissed most often: {', '.join(missed)}.\n" if missed else ""
    return "## Words of the training text\n\n" + table(("words", "missed"), rows) + named


def _reliability(report: Report) -> str:
    if report.reliability is None:
        return ""
    rows = [
        (
            f"{one.low:.1f} to {one.high:.1f}",
            str(one.num_words),
            percent(one.mean_confidence),
            percent(one.share_correct),
        )
        for one in report.reliability.bins
        if one.num_words
    ]
    text = reliability_words(report.reliability)
    header = ("confidence", "words", "mean confidence", "right")
    return f"## Confidence\n\n{text[0].upper()}{text[1:]}.\n\n" + table(header, rows)


def _best(report: Report) -> str:
    rows = [(escape(one.id), str(one.counts.words.hits), escape(one.reference)) for one in report.best]
    return "## Longest utterances without an error\n\n" + table(("id", "words", "text"), rows) if rows else ""


def _worst(report: Report) -> str:
    if not report.worst:
        return ""
    parts = ["## Utterances with most errors\n"]
    for utterance in report.worst:
        counts = utterance.counts.words
        parts.append(f"### {escape(utterance.id)}\n\n{counts.errors} errors in {counts.reference_length} words\n")
        reference, hypothesis, kinds = aligned_lines(utterance.words)
        parts.append(fenced([f"said   {reference}", f"found  {hypothesis}", f"       {kinds}"], "text"))
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


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def fenced(lines: Sequence[str], language: str) -> str:
    """Return lines as code, in a fence that none of them can close."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence]) + "\n"
