"""References and hypotheses as sclite's ``trn``: texts as they were compared, an id in brackets at each line's end."""

import itertools
import re
from collections.abc import Iterator

from asr.report.report import Report


def as_trn(report: Report) -> tuple[str, str]:
    r"""Return the texts of two ``trn`` files, of the references and of the hypotheses.

    Ids are changed where the format cannot hold them: see `trn_id`; those of two utterances stay different.
    """
    names = _ids(report)
    sides = [[(one.reference, one.hypothesis)[side] for one in report.scores.utterances] for side in (0, 1)]
    references, hypotheses = ("".join(map(_line, texts, names)) for texts in sides)
    return references, hypotheses


def trn_id(speaker: str | None, name: str) -> str:
    """Return an id as ``sclite -i rm`` reads it: it takes what stands before the first ``-`` or ``_`` for the speaker.

    >>> trn_id("s_1", "book/a b(2)"), trn_id(None, "a-1")
    ('s.1-book/a.b.2.', 'a-1')
    """
    name = re.sub(r"[\s()]", ".", name)
    if speaker is None:
        return name
    speaker = re.sub(r"[\s()_-]", ".", speaker)
    return name if name.startswith((f"{speaker}-", f"{speaker}_")) else f"{speaker}-{name}"


def _ids(report: Report) -> list[str]:
    names: dict[str, None] = {}
    for utterance in report.scores.utterances:
        name = trn_id(report.scores.speakers.get(utterance.id), utterance.id)
        names[next(free for free in _numbered(name) if free not in names)] = None
    return list(names)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in itertools.count(2))


def _line(text: str, name: str) -> str:
    # A line that starts with two semicolons is a comment.
    return f"{' ' if text.startswith(';;') else ''}{text} ({name})\n"
