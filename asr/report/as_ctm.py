"""The hypotheses' words with their times as NIST's ``ctm``, one recording an utterance."""

from asr.errors import ScoringError
from asr.report.as_trn import trn_id
from asr.report.report import Report
from asr.scoring.score import ScoredUtterance
from asr.transcribe.ctm import ctm_lines
from asr.wording import listed


def as_ctm(report: Report) -> str:
    """Return the text of a ``ctm`` file: words as the hypotheses spell them, seconds from the sound file's start.

    Raises:
        ScoringError: an utterance has words without times, or words that are not its text, which is what was scored.
    """
    if other := [one.id for one in report.scores.utterances if not _words_are_text(report, one)]:
        raise ScoringError(
            f"{report.hypotheses}: words of {listed(other)} are not the text that was scored: "
            f"mend HYP, or leave out --ctm"
        )
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


def _words_are_text(report: Report, utterance: ScoredUtterance) -> bool:
    """Say whether the words spell the text, wherever its spaces are; of an utterance without words nothing is said."""
    facts = report.utterances.get(utterance.id)
    if not (facts and facts.words):
        return True
    spelled = report.scores.normaliser(" ".join(word.word for word in facts.words))
    return "".join(spelled.split()) == "".join(utterance.hypothesis.split())
