"""A comparison of systems on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from asr.report.comparison import Comparison, Pair
from asr.report.comparison_rows import (
    CHANGE_HEADER,
    PAIR_HEADER,
    SYSTEM_HEADER,
    TEST_HEADER,
    change_rows,
    interval_of,
    pair_rows,
    rows_of_tests,
    system_rows,
)
from asr.report.wording import how_drawn, signed_percent, weights_words

_MAX_CHANGED = 5
_BOTH = "first, second"
_TEXTS = ("system", "first", "second", _BOTH, "test", "said")  # columns that may break; those of numbers may not


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the systems, and their differences: of two systems in full, of more as a table."""
    console.print(_table(SYSTEM_HEADER, system_rows(comparison)))
    scores = comparison.reports[0].scores
    said = [f"normaliser {scores.normaliser.name}, version {scores.normaliser.version}"]
    said += [how_drawn(scores.interval)] if scores.interval else []
    said += [weights_words(comparison.reports[0])] if weights_words(comparison.reports[0]) else []
    console.print(Text("; ".join(said)), soft_wrap=True)
    console.print()
    if len(comparison.pairs) > 1:
        # Both names in one column, which breaks between them where a terminal is narrow.
        rows = [(f"{first}, {second}", *numbers) for first, second, *numbers in pair_rows(comparison)]
        console.print(_table((_BOTH, *PAIR_HEADER[2:]), rows))
        return
    for pair in comparison.pairs:
        _print_pair(comparison, pair, console)


def _print_pair(comparison: Comparison, pair: Pair, console: Console) -> None:
    second = comparison.names[pair.second]
    held = f"  95 % interval {interval_of(pair)}" if pair.interval else ""
    headline = Text.assemble("difference ", (signed_percent(pair.difference), "bold"), f" percentage points{held}")
    console.print(headline, soft_wrap=True)
    won = f"{second} has fewer errors in {pair.won} utterances, more in {pair.lost}, as many in {pair.tied}"
    console.print(Text(won), soft_wrap=True)
    console.print(_table(TEST_HEADER, rows_of_tests(pair)))
    for place, changes in ((pair.second, pair.mended), (pair.first, pair.broken)):
        if changes:
            console.print()
            console.print(Text(f"right only with {comparison.names[place]}"), soft_wrap=True)
            console.print(_table(CHANGE_HEADER, change_rows(changes, _MAX_CHANGED)))


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in header:
        text = name in _TEXTS
        table.add_column(name, overflow="fold" if text else "ellipsis", no_wrap=not text)
    for row in rows:
        table.add_row(*map(Text, row))  # Text, for a system may be called [red]
    return table
