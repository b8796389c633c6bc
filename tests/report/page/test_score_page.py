"""The page of a report in a real browser: what a reader does with it."""

import pytest

from tests.report.page.conftest import until

pytestmark = pytest.mark.slow

ROWS = "table.utterances tbody tr:not(.spacer)"


def ids(page):
    return page.locator(f"{ROWS} td.cell-id").all_inner_texts()


def test_a_page_opens_from_disk_and_says_the_rate(visit, greedy_page):
    page = visit(greedy_page)
    assert page.locator("#wer").inner_text() == "30.00\u202f%"
    assert page.title() == "Word error rate of hyp"
    assert page.locator("figure").count() == 3


def test_the_worst_utterance_comes_first_and_a_head_sorts(visit, greedy_page):
    page = visit(greedy_page)
    assert ids(page)[-1] == "rec/b-1"  # the only right one
    page.get_by_role("button", name="Utterance").click()
    assert ids(page) == ["rec/a-1", "rec/a-2", "rec/b-1", "rec/b-2"]
    page.get_by_role("button", name="Utterance").click()
    assert ids(page) == ["rec/b-2", "rec/b-1", "rec/a-2", "rec/a-1"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Utterance")


def test_a_word_is_found_in_what_was_said_and_in_what_was_found(visit, greedy_page):
    page = visit(greedy_page)
    page.get_by_label("Search", exact=True).fill("hat")
    until(page, "document.querySelector('.status').textContent.startsWith('1 of')")
    assert ids(page) == ["rec/a-1"]
    assert page.locator(".alignment mark").all_inner_texts() == ["hat"]
    page.get_by_label("Search", exact=True).fill('"at"')  # no whole word
    until(page, "document.querySelector('.status').textContent.startsWith('0 of')")


def test_groups_and_kinds_narrow_the_table(visit, greedy_page):
    page = visit(greedy_page)
    page.get_by_label("Group", exact=True).select_option(label="b")
    assert sorted(ids(page)) == ["rec/b-1", "rec/b-2"]
    page.get_by_label("Show").select_option(label="without errors")
    assert ids(page) == ["rec/b-1"]


def test_arrow_keys_choose_an_utterance(visit, greedy_page):
    page = visit(greedy_page, "#utterance=rec%2Fa-1")
    table = page.locator("table.utterances")
    first = table.get_attribute("aria-activedescendant")
    table.press("ArrowDown")
    assert table.get_attribute("aria-activedescendant") != first
    assert (
        page.locator("tr[aria-selected=true] td.cell-id").inner_text() == page.locator("#utterance-title").inner_text()
    )


def test_an_alignment_names_its_errors_without_colour(visit, greedy_page):
    page = visit(greedy_page, "#utterance=rec%2Fa-2")
    assert page.locator(".alignment .letter").all_inner_texts() == ["D"]
    assert page.locator(".alignment .step > .spoken").all_text_contents() == ["on", "the, deleted", "mat"]


def test_a_link_leads_to_an_utterance(visit, greedy_page):
    page = visit(greedy_page, "#utterance=rec%2Fb-2")
    assert page.locator("#utterance-title").inner_text() == "rec/b-2"
    assert page.locator("a.deep-link").get_attribute("href") == "#utterance=rec%2Fb-2"


@pytest.mark.parametrize(("link", "name"), [("cat/hat", "rec/a-1"), ("the/", "rec/a-2"), ("/a", "rec/b-2")])
def test_a_link_leads_to_the_utterances_of_a_pair(visit, greedy_page, link, name):
    page = visit(greedy_page, f"#pair={link}")
    assert ids(page) == [name]
    page.get_by_role("button", name="show all again").click()
    assert len(ids(page)) == 4


def test_the_lists_of_words_are_those_of_the_report(visit, greedy_page):
    page = visit(greedy_page)
    lists = page.locator(".word-lists .card")
    assert [lists.nth(i).locator(".pair-button").all_text_contents() for i in range(3)] == [
        ["cat found as \u2192hat1\u00d7"],
        ["the1\u00d7"],
        ["a1\u00d7"],
    ]
    lists.nth(0).locator(".pair-button").click()
    assert ids(page) == ["rec/a-1"]
    assert "pair=cat/hat" in page.url


def test_two_systems_stand_side_by_side(visit, comparison_file):
    page = visit(comparison_file, "#utterance=rec%2Fb-1")
    assert page.locator(".systems tbody tr").count() == 2
    assert page.locator(".pair h3").inner_text() == "beam against greedy"
    assert page.locator(".alignment .step").last.locator(".cell").all_inner_texts() == ["dog", "log\nS"]
    page.get_by_label("Show").select_option(label="better with beam")
    assert sorted(ids(page)) == ["rec/a-1", "rec/a-2"]
    page.get_by_label("Errors of").last.select_option("beam")
    page.get_by_label("Show").select_option(label="with errors")
    assert sorted(ids(page)) == ["rec/b-1", "rec/b-2"]
