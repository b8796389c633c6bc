"""Reports as CSV, trn and ctm: what other programs read."""

import csv
import io

import pytest

from asr.decoding.hypothesis import Word
from asr.errors import ScoringError
from asr.report.as_csv import as_csv
from asr.report.as_ctm import as_ctm
from asr.report.as_trn import as_trn
from asr.report.report import make_report
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.score import score
from asr.scoring.transcripts import read_transcripts

HOSTILE = {
    "a/b c": 'say "x", <script>',
    "(d)": "\u05e9\u05dc\u05d5\u05dd;",
    ";;": ";; no comment",
    "=1+1": "",
    "_(d)": "x",
}


def report_of(references, hypotheses, facts=None, groups=None, **options):
    scores = score(references, hypotheses, groups=groups, **options)
    return make_report(scores, references="r", hypotheses="h", command=[], utterances=facts, groups=groups)


def test_csv_has_a_row_an_utterance_and_is_read_again(tmp_path):
    facts = {name: UtteranceFacts(speaker="s", duration=1.5) for name in HOSTILE}
    report = report_of(HOSTILE, HOSTILE, facts, groups={"room": dict.fromkeys(HOSTILE, "k,1")})
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [row["id"] for row in rows] == list(HOSTILE)
    assert {(row["room"], row["speaker"], row["duration"], row["errors"]) for row in rows} == {("k,1", "s", "1.5", "0")}
    assert [row["wer"] for row in rows] == ["0.0", "0.0", "0.0", "", "0.0"]
    (tmp_path / "r.csv").write_text(as_csv(report))
    for side in ("references", "hypotheses"):
        assert read_transcripts(tmp_path / "r.csv", side).texts == HOSTILE


def test_trn_keeps_every_utterance_apart_and_is_read_again(tmp_path):
    references, hypotheses = as_trn(report_of(HOSTILE, dict.fromkeys(HOSTILE, "h")))
    (tmp_path / "ref.trn").write_text(references)
    (tmp_path / "hyp.trn").write_text(hypotheses)
    read = [read_transcripts(tmp_path / name, "references").texts for name in ("ref.trn", "hyp.trn")]
    assert list(read[0].values()) == list(HOSTILE.values())
    assert list(read[0]) == list(read[1]) == ["a/b.c", ".d.", ";;", "=1+1", "_.d."]


def test_ids_of_trn_begin_with_the_speaker_and_never_meet():
    texts = {"a b": "x", "a(b": "y", "s-1": "z"}
    report = report_of(texts, texts, speakers={"a b": "t_1", "a(b": "t_1", "s-1": "s"})
    assert as_trn(report)[0] == "x (t.1-a.b)\ny (t.1-a.b.2)\nz (s-1)\n"


def test_ctm_has_the_words_with_their_times():
    facts = {"a b": UtteranceFacts(words=(Word("It", 0.0, 0.5, 0.9), Word("is", 0.5, 1.0))), "c": UtteranceFacts()}
    report = report_of({"a b": "it is", "c": "x"}, {"a b": "It is", "c": ""}, facts)
    assert as_ctm(report) == "a.b 1 0.000 0.500 It 0.9000\na.b 1 0.500 0.500 is\n"


def test_words_without_times_have_no_ctm():
    with pytest.raises(ScoringError, match="a: the times of its words are not known"):
        as_ctm(report_of({"a": "x"}, {"a": "x"}, {"a": UtteranceFacts(words=(Word("x"),))}))
    with pytest.raises(ScoringError, match="a: the times"):
        as_ctm(report_of({"a": "x"}, {"a": "x"}))


def test_a_ctm_of_words_that_are_not_the_scored_text_is_refused():
    facts = {name: UtteranceFacts(words=(Word(" I", 0.0, 0.5), Word("t", 0.5, 1.0))) for name in "abc"}
    hypotheses = {"a": "It", "b": "It is", "c": ""}
    with pytest.raises(ScoringError, match="words of b, c are not the text that was scored"):
        as_ctm(report_of(dict.fromkeys("abc", "it"), hypotheses, facts))
