"""By what errors are grouped: keys of the references' lines, and what is measured: length, speaking rate, noise.

Measured keys give way to a key of the same name in the references' lines.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping

from asr.errors import ScoringError
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.transcripts import NO_VALUE, Transcripts, values_of

_LENGTHS = (0, 1, 6, 11, 21, 41, 81)  # words; from the last on, all are one group
_SNR_STEP_DB = 5
SNR = "snr"


def group_values(
    keys: Iterable[str], references: Transcripts, facts: Mapping[str, UtteranceFacts]
) -> dict[str, dict[str, str]]:
    """Return for each key the value of each utterance, by id.

    Args:
        keys: of the references' lines, or length, speaking_rate, snr.
        references: whose texts and lines these are.
        facts: of each of them.

    Raises:
        ScoringError: no line has one of the keys, and it is not measured.
    """
    return {key: _values(key, references, facts) for key in keys}


def is_measured(key: str, references: Transcripts) -> bool:
    """Say whether a key is measured, as no line of the references has it."""
    return key in _MEASURES and not any(key in row for row in references.rows.values())


def _values(key: str, references: Transcripts, facts: Mapping[str, UtteranceFacts]) -> dict[str, str]:
    if not is_measured(key, references):
        try:
            return values_of(references, key)
        except ScoringError as error:
            raise ScoringError(f"{error}; any file can be grouped by {' or '.join(_MEASURES)}") from None
    label = _MEASURES[key]
    return {name: label(text, facts[name]) for name, text in references.texts.items()}


def _length(text: str, facts: UtteranceFacts) -> str:
    num_words = len(text.split())
    place = bisect_right(_LENGTHS, num_words)
    low = _LENGTHS[place - 1]
    if place == len(_LENGTHS):
        return f"{low} words and more"
    high = _LENGTHS[place] - 1
    return f"{low} words" if low == high else f"{low} to {high} words"


def _speaking_rate(text: str, facts: UtteranceFacts) -> str:
    if facts.speaking_rate is None:
        return NO_VALUE
    low = math.floor(facts.speaking_rate)
    return f"{low} to {low + 1} words a second"


def _snr(text: str, facts: UtteranceFacts) -> str:
    if facts.snr_db is None:
        return NO_VALUE
    low = _SNR_STEP_DB * math.floor(facts.snr_db / _SNR_STEP_DB)
    return f"{low} to {low + _SNR_STEP_DB} dB"


_MEASURES: dict[str, Callable[[str, UtteranceFacts], str]] = {
    "length": _length,
    "speaking_rate": _speaking_rate,
    SNR: _snr,
}
