"""NIST's files with times: ``ctm`` (words) and ``stm`` (segments with their text).

A word of a ``ctm`` belongs to a recording; where the references are a ``stm``, it is dealt to the segment of that
recording and channel in which its middle lies, or to the next one where it lies between two (to the last one behind
all), as sclite does it.
Source: the formats "ctm" and "stm" of NIST's SCTK.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from asr.errors import ManifestError

Row: TypeAlias = dict[str, Any]
IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"  # what sclite takes out of both sides
_ALTERNATIVES = re.compile(r"\{[^{}]*/[^{}]*\}")
_OPTIONAL_WORD = re.compile(r"(?<!\S)\(%[^()\s]*\)(?!\S)")
_CTM_COLUMNS, _STM_COLUMNS = "recording channel start duration word [confidence]", "recording channel speaker start end"


def parse_stm(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str, Row]]:
    """Return where it stands, id and row of each segment; ``text`` of the row is None where it is not to be scored.

    Args:
        lines: where each stands (for errors), and the line.

    Raises:
        ManifestError: a line is not of this format.
    """
    return [(where, *_segment(line, where)) for where, line in lines]


def _segment(line: str, where: str) -> tuple[str, Row]:
    columns = line.split(maxsplit=5)
    if len(columns) < 5:
        raise ManifestError(f"{where}: {len(columns)} columns: a line of stm is {_STM_COLUMNS} [<label>] text")
    recording, channel, speaker = columns[:3]
    start, end = _seconds(columns[3], where), _seconds(columns[4], where)
    if end < start:
        raise ManifestError(
            f"{where}: ends at {columns[4]} and starts at {columns[3]}: give seconds from the file's start"
        )
    text = columns[5] if len(columns) > 5 else ""
    check_words(text, where)
    row: Row = {"recording": recording, "stm_channel": channel, "speaker": speaker, "offset": start}
    if text.startswith("<") and ">" in text:
        row["label"], text = (part.strip() for part in text[1:].split(">", 1))
    row |= {"duration": end - start, "text": None if text.strip() == IGNORED else text.strip()}
    return f"{recording}-{channel}-{columns[3]}-{columns[4]}", row


def parse_ctm(lines: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Row]]:
    """Return the words of each recording and channel as the rows of a hypotheses file have them, by their start.

    Raises:
        ManifestError: a line is not of this format.
    """
    words: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for where, line in lines:
        columns = line.split()
        if len(columns) < 5:
            raise ManifestError(f"{where}: {len(columns)} columns: a line of ctm is {_CTM_COLUMNS}")
        if columns[4].startswith("<ALT"):
            raise ManifestError(f"{where}: alternatives {columns[4]} are not read: choose one of them")
        check_words(columns[4], where)
        start, duration = _seconds(columns[2], where), _seconds(columns[3], where)
        confidence = None if columns[5:6] in ([], ["NA"]) else _number(columns[5], where)
        word = {"word": columns[4], "start": start, "end": start + duration, "confidence": confidence}
        words[columns[0], columns[1]].append(word)
    return {key: sorted(found, key=lambda word: word["start"]) for key, found in words.items()}


def check_words(text: str, where: str) -> None:
    """Check that a text is words alone: sclite's marks for what may be said in its place would be counted as words.

    Raises:
        ManifestError: it has alternatives ``{ a / b }`` or an optional word ``(%hes)``.
    """
    if _ALTERNATIVES.search(text):
        raise ManifestError(f"{where}: alternatives {{ a / b }} are not read: choose one of them")
    if found := _OPTIONAL_WORD.search(text):
        raise ManifestError(f"{where}: optional words, as {found[0]}, are not read: take them out on both sides")


def rows_of_recordings(words: Mapping[tuple[str, str], Sequence[Row]]) -> dict[str, Row]:
    """Return a row for each recording, its channel in the id where it has several."""
    recordings = [recording for recording, _ in words]
    return {
        recording if recordings.count(recording) == 1 else f"{recording}-{channel}": _row(found)
        for (recording, channel), found in words.items()
    }


def deal_to_segments(
    words: Mapping[tuple[str, str], Sequence[Row]], segments: Mapping[str, Mapping[str, Any]], source: str
) -> dict[str, Row]:
    """Return a row for each segment that is spoken in a recording of the ``ctm``; recordings without any keep theirs.

    A segment without words has an empty text, so that silence is not taken for a missing hypothesis.

    Args:
        words: as `parse_ctm` returns them.
        segments: the rows of a ``stm``, by id.
        source: the ``ctm``, for errors.

    Raises:
        ManifestError: both sides have a recording, but no channel of it in common.
    """
    of_recording: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for name, row in segments.items():
        of_recording[row["recording"], row["stm_channel"]].append((row["offset"] + row["duration"], name))
    _check_channels(words, of_recording, source)
    dealt: dict[str, list[Row]] = {}
    without_segments = {}
    for key, found in words.items():
        if key not in of_recording:
            without_segments[key] = found
            continue
        ends, names = zip(*sorted(of_recording[key]), strict=True)
        dealt |= {name: [] for name in names}
        for word in found:
            place = min(bisect_right(ends, (word["start"] + word["end"]) / 2), len(names) - 1)
            dealt[names[place]].append(word)
    return {name: _row(found) for name, found in dealt.items()} | rows_of_recordings(without_segments)


def _check_channels(found: Iterable[tuple[str, str]], said: Iterable[tuple[str, str]], source: str) -> None:
    channels: list[dict[str, set[str]]] = []
    for keys in (found, said):
        channels.append(defaultdict(set))
        for recording, channel in keys:
            channels[-1][recording].add(channel)
    of_found, of_said = channels
    for recording in sorted(of_found.keys() & of_said.keys()):
        if not of_found[recording] & of_said[recording]:
            here, there = (", ".join(sorted(of[recording])) for of in channels)
            raise ManifestError(
                f"{source}: recording {recording!r} has channel {here}, and {there} in the references: name them alike"
            )


def _row(words: Sequence[Row]) -> Row:
    return {"text": " ".join(word["word"] for word in words), "words": list(words)}


def _seconds(text: str, where: str) -> float:
    seconds = _number(text, where)
    if not 0 <= seconds < float("inf"):
        raise ManifestError(f"{where}: {text} is not a time: give seconds, 0 or more")
    return seconds


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ManifestError(f"{where}: {text!r} is not a number: the columns must stand in their order") from None
