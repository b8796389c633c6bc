"""Others' texts in a page: nothing of them is executed, nothing is lost, nothing breaks the page."""

import pytest

from asr.report.page.score_data import report_page
from asr.report.report import make_report
from asr.scoring.score import score
from tests.report.page.conftest import report_of

pytestmark = pytest.mark.slow
ATTACKS = [
    "</script><script>document.title='hacked'</script>",
    "<img src=x onerror=document.title='hacked'>",
    "\u2028\u2029 & &lt; `${document.title='hacked'}` <!--",
    "__proto__ constructor toString",
]


def open_texts(visit, path, hypotheses, references, link=""):
    path.write_text(report_page(report_of(hypotheses, references)), encoding="utf-8")
    return visit(path, link)


def test_nothing_in_a_text_or_an_id_is_executed(visit, tmp_path):
    references = {attack: f"{attack} said" for attack in ATTACKS}
    hypotheses = {attack: f"{attack} heard" for attack in ATTACKS}
    page = open_texts(visit, tmp_path / "report.html", hypotheses, references)
    page.get_by_role("button", name="Utterance").click()
    shown = page.locator("td.cell-id").all_text_contents()
    assert sorted(shown) == sorted(ATTACKS)
    for row in range(len(ATTACKS)):
        page.locator("table.utterances").press("Home" if row == 0 else "ArrowDown")
        assert page.locator("#utterance-title").text_content() in ATTACKS
    assert page.title().startswith("Word error rate")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2  # data and ours


def test_text_from_right_to_left_reads_so(visit, tmp_path):
    texts = {"\u05d0/1": "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "b": "plain words"}
    page = open_texts(visit, tmp_path / "report.html", texts, texts, "#utterance=%D7%90%2F1")
    assert page.locator("#utterance-title").inner_text() == "\u05d0/1"
    assert page.locator("ol.alignment").get_attribute("dir") == "rtl"
    first, second = (page.locator(".said").nth(i).bounding_box()["x"] for i in range(2))
    assert first > second
    page.get_by_role("button", name="Utterance").click()
    page.locator("table.utterances").press("End")
    assert page.locator("ol.alignment").get_attribute("dir") in ("ltr", "rtl")


def test_an_utterance_of_ten_thousand_words_is_shown_in_parts(visit, tmp_path):
    said = " ".join(f"w{i}" for i in range(10_000))
    page = open_texts(visit, tmp_path / "report.html", {"long": said.replace("w9999", "x")}, {"long": said})
    assert page.locator(".alignment .step").count() == 400
    page.get_by_role("button", name="Show the other").click()
    assert page.locator(".alignment .step").count() == 10_000
    assert page.locator(".alignment .letter").all_inner_texts() == ["S"]


def test_no_words_at_all_are_a_page_too(visit, tmp_path):
    page = open_texts(visit, tmp_path / "report.html", {"a": ""}, {"a": ""})
    assert page.locator("#wer").inner_text() == "\u2013"
    assert "nothing was said" in page.locator("#utterance").inner_text()


def test_thirty_thousand_utterances_scroll(visit, tmp_path):
    references = {f"utterance-{i:05}": "one two three four" for i in range(30_000)}
    hypotheses = {name: "one two free four" if name.endswith("7") else text for name, text in references.items()}
    scores = score(references, hypotheses)
    path = tmp_path / "report.html"
    path.write_text(report_page(make_report(scores, references="ref", hypotheses="hyp", command=["asr"])))
    page = visit(path)
    page.get_by_role("button", name="Utterance").click()
    frame, rows = page.locator(".table-frame"), page.locator("table.utterances tbody tr")
    assert page.locator("table.utterances").get_attribute("aria-rowcount") == "30001"
    for part in (0.25, 0.5, 1.0):
        frame.evaluate("(element, part) => element.scrollTo(0, part * element.scrollHeight)", part)
        page.wait_for_timeout(100)
        assert rows.count() < 60
    assert rows.nth(-2).locator("td").first.inner_text() == "utterance-29999"
