"""Subtitles, read back by programs that are not ours."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.transcribe.cues import CueStyle
from asr.transcribe.srt import as_srt
from asr.transcribe.vtt import as_vtt
from tests.transcribe.transcripts import transcript_of, transcripts

pysubs2 = pytest.importorskip("pysubs2", reason="reads subtitles")
webvtt = pytest.importorskip("webvtt", reason="reads subtitles")
STYLES = st.builds(CueStyle, st.none() | st.integers(1, 20), st.none() | st.integers(1, 3), st.booleans())
TALK = transcript_of(
    [Word(word, second, second + 0.8) for second, word in enumerate(["WE", "KNOW", "WHAT", "WE", "ARE"])], 5.0
)


def blocks(text):
    return [block.split("\n", 2)[2] for block in text.strip().split("\n\n")]


def check_times(times, duration):
    """Check spans in milliseconds: each has a length, none begins before the one before it, none ends too late."""
    assert all(0 <= start < end for start, end in times)
    assert all(before[0] <= after[0] for before, after in itertools.pairwise(times))
    assert not times or times[-1][1] <= round(duration * 1000)


@given(transcripts(), STYLES)
def test_srt_is_read_by_pysubs2_with_times_in_order_and_within_the_recording(transcript, style):
    text = as_srt(transcript, style)
    read = pysubs2.SSAFile.from_string(text, format_="srt") if text else []
    check_times([(event.start, event.end) for event in read], transcript.duration)
    assert len(read) >= len(transcript.segments)


@given(transcripts(), STYLES)
def test_vtt_is_read_by_webvtt_with_times_in_order_and_within_the_recording(transcript, style):
    read = list(webvtt.from_string(as_vtt(transcript, style)))
    check_times([(_milliseconds(cue.start), _milliseconds(cue.end)) for cue in read], transcript.duration)
    if not style.highlight_words:
        shown = " ".join(cue.raw_text for cue in read).split()
        escaped = transcript.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split()
        assert shown == escaped


def _milliseconds(time):
    hours, minutes, seconds = time.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60) * 1000 + float(seconds) * 1000)


def test_vtt_is_read_by_pysubs2_too():
    read = pysubs2.SSAFile.from_string(as_vtt(TALK, CueStyle()), format_="vtt")
    assert [(event.start, event.end, event.text) for event in read] == [(0, 4800, "WE KNOW WHAT WE ARE")]


def test_srt_looks_like_this():
    assert as_srt(TALK, CueStyle()) == "1\n00:00:00,000 --> 00:00:04,800\nWE KNOW WHAT WE ARE\n\n"
    assert as_srt(transcript_of([], 1.0), CueStyle()) == ""
    assert as_vtt(transcript_of([], 1.0), CueStyle()) == "WEBVTT\n\n"


def test_lines_have_a_width_and_cues_a_number_of_lines():
    assert blocks(as_srt(TALK, CueStyle(max_line_width=8))) == ["WE KNOW\nWHAT WE\nARE"]
    assert blocks(as_srt(TALK, CueStyle(max_line_width=8, max_line_count=2))) == ["WE KNOW\nWHAT WE", "ARE"]
    assert blocks(as_srt(TALK, CueStyle(max_line_width=1, max_line_count=1))) == TALK.text.split()


def test_a_cue_lasts_as_long_as_its_words():
    text = as_srt(TALK, CueStyle(max_line_width=8, max_line_count=2))
    assert "00:00:00,000 --> 00:00:03,800\nWE KNOW" in text and "00:00:04,000 --> 00:00:04,800\nARE" in text


def test_the_word_that_is_said_is_marked_and_pauses_mark_none():
    talk = transcript_of([Word("GO", 0.0, 0.5), Word("GO", 0.75, 1.0)], 1.0)
    assert as_vtt(talk, CueStyle(highlight_words=True)) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:00.500\n<u>GO</u> GO\n\n"
        "00:00:00.500 --> 00:00:00.750\nGO GO\n\n"
        "00:00:00.750 --> 00:00:01.000\nGO <u>GO</u>\n\n"
    )


def test_words_without_times_are_shown_together():
    talk = transcript_of([Word("A"), Word("B"), Word("C")], 2.0)
    text = as_srt(talk, CueStyle(max_line_width=1, max_line_count=1, highlight_words=True))
    assert text == "1\n00:00:00,000 --> 00:00:02,000\nA\nB\nC\n\n"
