"""The hypotheses' words with their times as NIST's ``ctm``, one recording an utterance."""

from asr.errors import ScoringError
from asr.report.as_trn import trn_id
from asr.report.report import Report
from asr.transcribe.ctm import ctm_lines


def as_ctm(report: Report) -> str:
    """Return the text of a ``ctm`` file: words as the hypotheses spell them, seconds from the sound file's start.

    Raises:
        ScoringError: an utterance has words without times.
    """
    lines = []
    for utterance in report.scores.utterances:
        facts = report.utterances.get(utterance.id)
        words = facts.words if facts else ()
        if any(word.start is None or word.end is None for word in words) or (utterance.hypothesis and not words):
            raise ScoringError(
                f"{utterance.id}: the times of its words are not known: decode with word times, or leave out --ctm"
            )
        lines.append(ctm_lines(trn_id(None, utterance.id), words))
    return "".join(lines)
