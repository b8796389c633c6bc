from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.report.comparison import compare
from asr.report.page.score_data import page_data, report_page
from asr.report.page.sounds import Sounds
from asr.report.report import make_report
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.score import score
from tests.report.page.conftest import BEAM, GREEDY, REFERENCES, report_of

TEXTS = st.lists(st.sampled_from("abc"), max_size=6).map(" ".join)


def data_of(report):
    return page_data(compare(["system"], [report], command=["asr"]), Sounds())


def hypothesis_of(row, system=0):
    """The hypothesis, made of the reference and the edits as the page makes it."""
    reference = iter(row["text"].split())
    found = row["found"][system]
    other, heard = iter(found.get("words", [])), []
    for edit in found.get("edits", "=" * len(row["text"].split())):
        said = None if edit == "I" else next(reference)
        heard += [said] if edit == "=" else [next(other)] if edit != "D" else []
    return " ".join(heard)


@given(reference=TEXTS, hypothesis=TEXTS)
def test_a_page_holds_each_hypothesis_word_by_word(reference, hypothesis):
    (row,) = data_of(report_of({"u": hypothesis}, {"u": reference}))["utterances"]
    assert row["text"] == reference
    assert hypothesis_of(row) == hypothesis


def test_each_system_has_its_own_edits():
    comparison = compare(["greedy", "beam"], [report_of(GREEDY), report_of(BEAM)], command=["asr"])
    rows = {row["id"]: row for row in page_data(comparison, Sounds())["utterances"]}
    for system, texts in enumerate((GREEDY, BEAM)):
        assert {name: hypothesis_of(row, system) for name, row in rows.items()} == texts


def test_groups_have_rates_with_intervals_of_each_system():
    groups = data_of(report_of(GREEDY))["groups"]["speaker"]
    (rates,) = groups["values"]["a"]
    assert not groups["ordered"]
    assert (rates["wer"], rates["words"], rates["utterances"]) == (2 / 6, 6, 2)
    assert rates["low"] <= rates["wer"] <= rates["high"]


def test_groups_of_a_measure_keep_their_order():
    groups = {key: {name: "1 to 5 words" for name in REFERENCES} for key in ("length", "difficulty")}
    scores = score(REFERENCES, GREEDY, groups=groups)
    report = make_report(scores, references="r", hypotheses="h", command=[], groups=groups, measured=["length"])
    ordered = {key: group["ordered"] for key, group in data_of(report)["groups"].items()}
    assert ordered == {"length": True, "difficulty": False}


def test_times_are_counted_from_the_start_of_the_utterance():
    scores = score({"u": "a b"}, {"u": "a b"})
    words = (Word("a", 10.5, 10.75, 0.5), Word("b"))
    facts = {"u": UtteranceFacts(duration=1.0, offset=10.0, words=words)}
    report = make_report(scores, references="r", hypotheses="h", command=[], utterances=facts)
    (row,) = data_of(report)["utterances"]
    assert row["found"] == [{"times": [50, 75, None, None], "confidence": [50, None]}]


def test_words_that_normalising_has_joined_or_parted_are_kept_as_they_were_given():
    scores = score({"u": "it is"}, {"u": "it is"})
    facts = {"u": UtteranceFacts(words=(Word("it's", 0.0, 0.5),))}
    report = make_report(scores, references="r", hypotheses="h", command=[], utterances=facts)
    (row,) = data_of(report)["utterances"]
    assert row["found"] == [{"times": [0, 50], "spoken": ["it's"]}]


def test_what_has_no_partner_is_named():
    scores = score({"a": "x", "b": "y"}, {"a": "x", "c": "z"}, missing="deletions")
    report = make_report(scores, references="r", hypotheses="h", command=[])
    assert data_of(report)["notices"] == [
        "1 utterance without a hypothesis, counted as deleted: b",
        "1 utterance without a reference, not counted: c",
    ]


def test_three_thousand_utterances_as_long_as_read_sentences_fit_two_megabytes():
    said = " ".join(f"word{i}" for i in range(20))  # LibriSpeech has 20 words an utterance, 5.4 letters a word
    texts = {f"1089-134686-{i:04}": said for i in range(3000)}
    words = tuple(Word(f"word{i}", 0.35 * i, 0.35 * i + 0.25, 0.95) for i in range(20))
    facts = {name: UtteranceFacts(speaker="1089", duration=7.4, words=words) for name in texts}
    found = {name: said.replace("word3 ", "other ") for name in texts}
    scores = score(texts, found)
    page = report_page(make_report(scores, references="r", hypotheses="h", command=[], utterances=facts))
    assert len(page.encode()) < 2_000_000
