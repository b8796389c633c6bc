import io
import json
import re

import pytest
from rich.console import Console

from asr.report.comparison import ChangedWord, compare
from asr.report.comparison_json import comparison_as_json
from asr.report.comparison_markdown import comparison_as_markdown
from asr.report.comparison_terminal import print_comparison
from asr.report.report import make_report
from asr.scoring.score import score

REFERENCES = {"a": "the cat sat", "b": "on the mat", "c": "all day long", "d": "and night"}
FIRST = {"a": "the cap sat", "b": "on mat", "c": "all day long", "d": "and night"}
SECOND = {"a": "the cat sat", "b": "on the mat", "c": "all they long", "d": "and the night"}


def comparison_of(*systems, references=REFERENCES, names="xyz", **options):
    reports = [
        make_report(score(references, one, **options), references="r", hypotheses="h", command=[]) for one in systems
    ]
    return compare(names[: len(systems)], reports, command=["asr", "compare"])


def test_a_pair_has_its_difference_who_won_and_what_changed():
    (pair,) = comparison_of(FIRST, SECOND).pairs
    assert pair.difference == 0.0
    assert (pair.won, pair.lost, pair.tied) == (2, 2, 0)
    assert set(pair.mended) == {ChangedWord("cat", "cap", "cat", 1), ChangedWord("the", None, "the", 1)}
    assert set(pair.broken) == {ChangedWord("day", "day", "they", 1), ChangedWord(None, None, "the", 1)}
    assert [test.name.split()[0] for test in pair.tests] == ["matched", "Wilcoxon", "sign"]


def test_below_zero_the_second_is_better():
    (pair,) = comparison_of(FIRST, REFERENCES).pairs
    assert pair.difference == pytest.approx(-2 / 11)
    assert pair.interval is not None and pair.interval.low < pair.difference <= pair.interval.high <= 0
    assert pair.probability_of_improvement > 0.9
    assert pair.tests[1].statistic > 0  # of Wilcoxon: the first has more errors


def test_speakers_are_paired_where_they_are_known():
    speakers = {"a": "s", "b": "s", "c": "t", "d": "t"}
    (pair,) = comparison_of(FIRST, SECOND, speakers=speakers, interval_unit="speaker").pairs
    assert [(test.unit, test.num_units) for test in pair.tests[1:]] == [("speaker", 2), ("speaker", 2)]
    assert pair.interval is not None and pair.interval.unit == "speaker"


def test_a_system_and_itself_are_alike():
    (pair,) = comparison_of(FIRST, FIRST).pairs
    assert (pair.difference, pair.mended, pair.broken, pair.tied) == (0.0, (), (), 4)
    assert [test.p_value for test in pair.tests] == [1.0, 1.0, 1.0]


def test_an_infinite_statistic_is_null_in_json_and_a_word_elsewhere():
    references = {str(place): "a" for place in range(30)}
    comparison = comparison_of(dict.fromkeys(references, "b"), references, references=references)
    tests = json.loads(comparison_as_json(comparison))["pairs"][0]["tests"]
    assert (tests[0]["statistic"], tests[0]["p_value"]) == (None, 0.0)
    assert tests[2]["outcomes"] == {"won": 30, "lost": 0, "tied": 0}
    markdown = comparison_as_markdown(comparison)
    assert "Z = infinite | \\< 0.0001" in markdown
    assert "30 won, 0 lost, 0 tied" in markdown


def test_nothing_said_has_no_difference():
    (pair,) = comparison_of({"a": "x"}, {"a": ""}, references={"a": ""}).pairs
    assert (pair.difference, pair.interval, pair.probability_of_improvement) == (None, None, None)
    assert pair.won == 1


def test_each_two_of_more_systems_are_compared():
    comparison = comparison_of(FIRST, SECOND, REFERENCES)
    assert [(pair.first, pair.second) for pair in comparison.pairs] == [(0, 1), (0, 2), (1, 2)]


def shown(comparison, width=120):
    output = io.StringIO()
    print_comparison(comparison, Console(file=output, width=width, highlight=False))
    return output.getvalue()


@pytest.mark.parametrize("systems", [(FIRST, SECOND), (FIRST, SECOND, REFERENCES)])
def test_all_views_tell_the_same(systems):
    comparison = comparison_of(*systems)
    values = json.loads(comparison_as_json(comparison))
    assert [one["name"] for one in values["systems"]] == list("xyz")[: len(systems)]
    assert (values["pairs"][0]["first"], values["pairs"][0]["second"]) == ("x", "y")
    for text in (comparison_as_markdown(comparison), shown(comparison)):
        assert "18.18 %" in text and "+0.00" in text
        assert ("matched pairs (MAPSSWE)" in text) or len(systems) > 2


def test_names_and_words_of_others_stay_texts():
    hostile = "<script>|[red]`x`"
    references = {"a": hostile, "b": "z"}
    comparison = comparison_of({"a": "y", "b": "z"}, references, references=references, names=(hostile, "[b]"))
    text = comparison_as_markdown(comparison)
    assert not re.search(r"(?<!\\)[<`]", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert hostile in shown(comparison)


def test_on_80_columns_neither_names_nor_numbers_are_broken():
    names = ("greedy", "beam_lm", "phones_beam_lm")
    output = shown(comparison_of(FIRST, SECOND, REFERENCES, names=names), width=80)
    assert all(len(re.findall(rf"\b{name}\b", output)) == 3 for name in names)  # once alone, in two pairs
    assert len(re.findall(r"[-+]\d+\.\d\d to [-+]\d+\.\d\d ", output)) == 3
    assert max(map(len, output.splitlines())) <= 80
