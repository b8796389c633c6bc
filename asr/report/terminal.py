"""The report on a terminal: a summary, and a table for each key grouped by."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asr.report.report import Rates, Report
from asr.report.wording import error_words, interval_words, percent, reliability_words, unseen_lines, weights_words


def print_report(report: Report, console: Console) -> None:
    """Print the summary of a report."""
    rates = report.rates
    interval = interval_words(report)
    normaliser = report.scores.normaliser
    headline = Text.assemble("WER ", (percent(rates["wer"]), "bold"), f"  {interval}" if interval else "")
    lines = [
        headline,
        Text(f"CER {percent(rates['cer'])}, utterances with an error {percent(rates['sentence_error_rate'])}"),
        Text(error_words(rates)),
        Text(f"normaliser {normaliser.name}, version {normaliser.version}"),
        *_further(report),
    ]
    for line in lines:
        console.print(line, soft_wrap=True)
    for key, values in report.group_rates.items():
        console.print(_group_table(key, values))


def _further(report: Report) -> list[Text]:
    """Lines on what not every report has."""
    lines = [weights_words(report)]
    if report.real_time_factor is not None:
        lines.append(f"real-time factor {report.real_time_factor:.3g}")
    if report.unseen is not None:
        seen, unseen = unseen_lines(report.unseen)
        lines.append(f"missed words: {seen} that the training text has, {unseen} that it has not")
    if report.reliability is not None and report.reliability.normalised_cross_entropy is not None:
        lines.append(reliability_words(report.reliability))
    return [Text(line) for line in lines if line]


def _group_table(key: str, values: dict[str, Rates]) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.add_column(Text(key), overflow="fold")
    for name in ("utterances", "words", "WER", "CER"):
        table.add_column(name, justify="right", no_wrap=True)
    for value, rates in values.items():
        # Text, for a speaker may be called [red].
        numbers = (str(rates["utterances"]), str(rates["words"]), percent(rates["wer"]), percent(rates["cer"]))
        table.add_row(Text(value), *numbers)
    return table
