import itertools
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError
from asr.transcribe.ctm import ctm_lines
from asr.transcribe.formats import transcript_ctm
from tests.transcribe.transcripts import transcript_of


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


def test_sclite_reads_the_words_of_a_transcript(tmp_path):
    if shutil.which("sctk") is None:
        pytest.skip("needs sclite of SCTK")
    words = [Word("ONE", 0.5, 0.75, 0.9), Word("TOO", 0.75, 1.0, 0.5), Word("AND", 2.0, 2.5, 0.99), Word("X", 2.5, 2.5)]
    transcripts = [transcript_of(words, 3.0, audio="a talk.wav", channel=channel) for channel in (0, 1)]
    (tmp_path / "h.ctm").write_text("".join(map(transcript_ctm, transcripts)))
    reference = "".join(f"a_talk {channel} spoken 0.000 3.000 ONE TWO AND\n" for channel in (1, 2))
    (tmp_path / "r.stm").write_text(reference)
    command = ["sctk", "sclite", "-r", "r.stm", "stm", "-h", "h.ctm", "ctm", "-o", "sum", "stdout", "-f", "0"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    (total,) = [line for line in found.stdout.splitlines() if "Sum/Avg" in line]
    assert total.replace("|", " ").split()[1:7] == ["2", "6", "66.7", "33.3", "0.0", "33.3"]
