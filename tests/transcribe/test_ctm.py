import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError
from asr.transcribe.ctm import ctm_lines


def test_a_word_is_a_line():
    words = [Word("GO", 0.5, 0.75, 0.98765), Word("ON", 0.75, 1.0)]
    assert ctm_lines("an4-1", words) == "an4-1 1 0.500 0.250 GO 0.9877\nan4-1 1 0.750 0.250 ON\n"
    assert ctm_lines("an4-1", words[1:], channel="B") == "an4-1 B 0.750 0.250 ON\n"
    assert ctm_lines("an4-1", []) == ""


@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=6))
def test_words_that_meet_still_meet_when_rounded(times):
    times = sorted(times)
    words = [Word("A", start, end) for start, end in itertools.pairwise(times)]
    rows = [line.split() for line in ctm_lines("a", words).splitlines()]
    for before, after in itertools.pairwise(rows):
        assert float(before[2]) + float(before[3]) == pytest.approx(float(after[2]), abs=1e-6)


@pytest.mark.parametrize("name", ["", "a b", "a\tb", " a"])
def test_a_name_that_would_be_two_columns_is_refused(name):
    with pytest.raises(TranscriptionError, match="CTM"):
        ctm_lines(name, [])
