"""Praat's TextGrid in its long text form: tiers of intervals that cover a recording from its start to its end.

Source: the Praat manual, "TextGrid file formats" (Boersma & Weenink).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class Interval(NamedTuple):
    """A stretch of time with its label; seconds from the recording's start."""

    start: float
    end: float
    text: str


def textgrid(tiers: Mapping[str, Iterable[Interval]], duration: float) -> str:
    """Return a TextGrid.

    Args:
        tiers: intervals by the tier's name, in order and not overlapping. What lies between them becomes intervals
            without text; intervals of no length, which Praat does not read, are left out.
        duration: of the recording, in seconds; no interval ends after it.
    """
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_seconds(duration)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", *_tier_lines(name, list(_filled(intervals, duration)), duration)]
    return "\n".join(lines) + "\n"


def _tier_lines(name: str, intervals: list[Interval], duration: float) -> Iterator[str]:
    yield '        class = "IntervalTier"'
    yield f"        name = {_quoted(name)}"
    yield "        xmin = 0"
    yield f"        xmax = {_seconds(duration)}"
    yield f"        intervals: size = {len(intervals)}"
    for number, interval in enumerate(intervals, start=1):
        yield f"        intervals [{number}]:"
        yield f"            xmin = {_seconds(interval.start)}"
        yield f"            xmax = {_seconds(interval.end)}"
        yield f"            text = {_quoted(interval.text)}"


def _filled(intervals: Iterable[Interval], duration: float) -> Iterator[Interval]:
    """Yield the intervals, and between them others without text, so that none is missing."""
    time = 0.0
    for start, end, text in intervals:
        start, end = max(start, time), min(end, duration)
        if _seconds(start) == _seconds(end):
            continue
        if _seconds(time) != _seconds(start):
            yield Interval(time, start, "")
        yield Interval(start, end, text)
        time = end
    if _seconds(time) != _seconds(duration):
        yield Interval(time, duration, "")


def _seconds(time: float) -> str:
    """Return seconds to the microsecond, as short as they can be written; equal texts are one point in time."""
    return f"{time:.6f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
