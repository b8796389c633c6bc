import json
import re

from hypothesis import given
from hypothesis import strategies as st

from asr.report.page.document import escaped_json, page_document


@given(st.dictionaries(st.text(), st.text()))
def test_data_come_back_as_they_were_and_cannot_end_their_element(data):
    text = escaped_json(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)


def test_a_page_runs_its_own_script_alone_and_asks_nobody():
    page = page_document("<b>", {"text": "</script><!--"}, ["dom.js"])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy and "http" not in policy
    assert "<title>&lt;b&gt;</title>" in page
    assert page.count("</script>") == 2  # of data and script


def test_sounds_are_kept_in_elements_of_their_own():
    page = page_document("x", {}, [], {7: b"\0\1\2"})
    assert '<script type="text/plain" id="sound-7">AAEC</script>' in page
