from asr.report.errors import MAX_WORST, Confusion
from asr.report.report import make_report
from asr.scoring.score import score


def report_of(references, hypotheses, **options):
    scores = score(references, hypotheses, **options)
    return make_report(scores, references="ref.jsonl", hypotheses="hyp.jsonl", command=["asr", "score"])


def test_the_most_frequent_errors_come_first():
    references = {"a": "it was so", "b": "it was he", "c": "no"}
    hypotheses = {"a": "it is so", "b": "it is", "c": "no no"}
    assert report_of(references, hypotheses).confusions == (
        Confusion("was", "is", 2),
        Confusion(None, "no", 1),
        Confusion("he", None, 1),
    )


def test_the_worst_utterances_come_first_and_right_ones_not_at_all():
    references = {f"u{i:02}": "w " * 30 for i in range(20)}
    hypotheses = {f"u{i:02}": "w " * (30 - i) for i in range(20)}
    worst = report_of(references, hypotheses).worst
    assert [utterance.id for utterance in worst] == [f"u{i:02}" for i in range(19, 19 - MAX_WORST, -1)]
    assert report_of({"a": "x"}, {"a": "x"}).worst == ()


def test_rates_of_groups_are_those_of_their_utterances_alone():
    references, hypotheses = {"a": "x y", "b": "z"}, {"a": "x", "b": "z"}
    report = report_of(references, hypotheses, groups={"speaker": {"a": "s1", "b": "s2"}})
    assert report.group_rates["speaker"]["s1"] == report_of({"a": "x y"}, {"a": "x"}).rates
    assert report.group_rates["speaker"]["s2"]["wer"] == 0.0
