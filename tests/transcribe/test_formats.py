import itertools

import pytest
from hypothesis import given

from asr.decoding.hypothesis import Word
from asr.errors import TranscriptionError
from asr.transcribe.formats import FORMATS, FormatOptions, as_txt, parse_formats
from tests.transcribe.transcripts import transcript_of, transcripts

TALK = transcript_of([Word("IT", 0.5, 0.75, 0.9), Word("IS", 0.75, 1.0, 0.5), Word("“SO”", 2.0, 2.25, 0.4)], 2.5)
SILENCE = transcript_of([], 1.0)


def written(name, transcript):
    return FORMATS[name].render(transcript, FormatOptions())


def test_txt_is_the_text_a_segment_a_line():
    assert as_txt(TALK) == "IT IS\n“SO”\n"
    assert as_txt(SILENCE) == ""


def test_tsv_is_whispers():
    assert written("tsv", TALK) == "start\tend\ttext\n500\t1000\tIT IS\n2000\t2250\t“SO”\n"


def test_ctm_names_the_file_and_counts_channels_from_1():
    second = transcript_of(TALK.words, 2.5, channel=1)
    assert written("ctm", TALK).splitlines()[0] == "a_talk 1 0.500 0.250 IT 0.9000"
    assert written("ctm", second).splitlines()[2] == "a_talk 2 2.000 0.250 “SO” 0.4000"


def test_words_without_times_share_the_segments_time_in_ctm_and_have_no_interval_in_textgrid():
    talk = transcript_of([Word("A"), Word("B")], 2.0)
    assert written("ctm", talk) == "a_talk 1 0.000 1.000 A\na_talk 1 1.000 1.000 B\n"
    assert '"A B"' in written("textgrid", talk) and '"A"' not in written("textgrid", talk)


def test_textgrid_has_segments_and_words():
    grid = written("textgrid", TALK)
    assert 'name = "segments"' in grid and 'name = "words"' in grid and '"IT IS"' in grid and "xmax = 2.5" in grid


@given(transcripts())
def test_times_of_tsv_and_ctm_never_go_back_or_past_the_end(transcript):
    rows = [line.split("\t") for line in written("tsv", transcript).splitlines()[1:]]
    lines = [line.split() for line in written("ctm", transcript).splitlines()]
    words = [(round(float(start), 3), round(float(start) + float(length), 3)) for _, _, start, length, *_ in lines]
    for times, unit in (([(int(row[0]), int(row[1])) for row in rows], 1000), (words, 1)):
        flat = [time for pair in times for time in pair]
        assert all(before <= after for before, after in itertools.pairwise(flat))
        assert all(time <= round(transcript.duration * unit, 3) + 0.5 / 1000 * unit for time in flat)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_something_to_say_of_silence(name):
    assert isinstance(written(name, SILENCE), str)


def test_formats_are_listed_with_commas():
    assert parse_formats("json,txt,json") == ("json", "txt")
    assert parse_formats("txt,all") == tuple(FORMATS)


@pytest.mark.parametrize("names", ["docx", "txt,docx", "", "TXT"])
def test_an_unknown_format_is_named_with_the_known_ones(names):
    with pytest.raises(
        TranscriptionError, match="is unknown: choose from txt, json, srt, vtt, tsv, ctm, textgrid, all"
    ):
        parse_formats(names)
