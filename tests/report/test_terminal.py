import io

from rich.console import Console

from asr.report.report import make_report
from asr.report.terminal import print_report
from asr.scoring.score import score


def shown(references, hypotheses, **options):
    output = io.StringIO()
    report = make_report(score(references, hypotheses, **options), references="r", hypotheses="h", command=["asr"])
    print_report(report, Console(file=output, width=80, highlight=False))
    return output.getvalue()


def test_the_summary_has_rate_interval_and_counts():
    text = shown({"a": "it was so", "b": "yes"}, {"a": "it is so", "b": "yes"})
    assert text.splitlines()[0].startswith("WER 25.00 %  0.00 % to 33.33 % (95% bootstrap")
    assert "1 substitution, 0 insertions and 0 deletions in 4 words of 2 utterances" in text


def test_an_undefined_rate_is_said_to_be():
    assert shown({"a": ""}, {"a": "x"}).startswith("WER undefined\nCER undefined")


def test_names_that_look_like_markup_are_shown_as_they_are():
    text = shown({"a": "x"}, {"a": "y"}, groups={"[bold]key": {"a": "[red]ann[/red]"}})
    assert "[bold]key" in text and "[red]ann[/red]" in text
