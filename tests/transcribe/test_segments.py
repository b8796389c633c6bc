import itertools

from hypothesis import given

from asr.decoding.hypothesis import Word
from asr.transcribe.segments import PAUSE_S, segments_of
from tests.transcribe.transcripts import transcripts


def words_at(*spans):
    return [Word(chr(65 + number), start, end) for number, (start, end) in enumerate(spans)]


def texts(words, **options):
    return [segment.text for segment in segments_of(words, 0.0, 100.0, **options)]


def test_a_long_pause_parts_two_segments():
    words = words_at((0, 1), (1 + PAUSE_S / 2, 2), (2.01 + PAUSE_S, 4))
    first, second = segments_of(words, 0.0, 100.0)
    assert (first.id, first.text, first.start, first.end) == (0, "A B", 0, 2)
    assert (second.id, second.text, second.start, second.end) == (1, "C", 2.01 + PAUSE_S, 4)


def test_what_is_too_long_is_cut_at_its_longest_pause():
    words = words_at((0, 1), (1.1, 2), (2.5, 3), (3.1, 4))
    assert texts(words, max_seconds=3.0) == ["A B", "C D"]
    assert texts(words, max_seconds=1.0) == ["A", "B", "C", "D"]


def test_words_without_pauses_are_cut_in_the_middle():
    words = words_at(*((second, second + 1) for second in range(8)))
    assert texts(words, max_seconds=4.0) == ["A B C D", "E F G H"]


def test_words_without_times_are_one_segment_of_the_whole_recording():
    (segment,) = segments_of([Word("A", 0.5, 1.0), Word("B")], 2.0, 9.0)
    assert (segment.start, segment.end, segment.text) == (2.0, 9.0, "A B")
    assert segments_of([], 0.0, 1.0) == ()


@given(transcripts())
def test_segments_are_the_words_in_order_and_their_times_never_go_back(transcript):
    assert " ".join(segment.text for segment in transcript.segments) == transcript.text
    times = [time for segment in transcript.segments for time in (segment.start, segment.end)]
    assert all(before <= after for before, after in itertools.pairwise(times))
    assert not times or (times[0] >= 0 and times[-1] <= transcript.duration)
