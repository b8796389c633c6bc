import re

import pytest

from asr.report.markdown import as_markdown, escape
from asr.report.report import make_report
from asr.scoring.score import score

HOSTILE = ["<script>alert(1)</script>", "a|b", "```", "`x`", "[x](y)", "**", "&lt;", "# h", "a\nb", "\\|", "~~"]


def markdown_of(references, hypotheses, **options):
    scores = score(references, hypotheses, **options)
    return as_markdown(make_report(scores, references="r.jsonl", hypotheses="h.jsonl", command=["asr", "score", "a b"]))


def test_it_says_what_a_reader_needs_to_believe_the_number():
    text = markdown_of({"a": "it was so", "b": "yes"}, {"a": "it is so", "b": "yes"})
    assert "**25.00 %**, 0.00 % to 33.33 % (95% bootstrap over utterances, seed 0)" in text
    assert "1 substitution, 0 insertions and 0 deletions in 4 words of 2 utterances" in text
    assert "| Normaliser | none, version 1 |" in text
    assert "asr score 'a b'" in text
    assert "| 1 | was | is |" in text
    assert "said   it  was  so\nfound  it  is   so\n           S\n" in text


def test_nothing_wrong_needs_no_tables_of_errors():
    text = markdown_of({"a": "yes"}, {"a": "yes"})
    assert "Most frequent errors" not in text and "Utterances with most errors" not in text


def test_what_was_not_compared_is_named():
    text = markdown_of({"a": "x", "b": "y"}, {"a": "x", "c": "z"}, missing="deletions")
    assert "for want of a hypothesis: b." in text and "for want of a reference: c." in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_texts_of_others_stay_texts(hostile):
    text = markdown_of(
        {hostile: "w", "b": hostile}, {hostile: hostile, "b": "w"}, groups={"k": {hostile: hostile, "b": ""}}
    )
    outside_fences = re.sub(r"^(`{3,})\w*\n.*?^\1\n", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"(?<!\\)[<`]", outside_fences)
    rows = [line for line in outside_fences.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows]
    assert all(count in (3, 4, 9) for count in cells)  # summary, words and groups have 2, 3 and 8 columns


def test_escaped_text_is_one_line():
    assert escape("a\n# b") == r"a \# b"
