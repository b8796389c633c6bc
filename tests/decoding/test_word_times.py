import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.align import Alignment, align
from asr.decoding.word_times import FrameClock, label_times, word_times
from asr.tokens import Tokens, WordLabels

TOKENS = Tokens(["<blank>", " ", "A", "B", "C"])
CLOCK = FrameClock(0.01)


def alignment_of(*spans, num_frames):
    starts, ends = np.array(spans).reshape(-1, 2).T
    return Alignment(starts, ends, 0.0, num_frames)


def one_word_a_label(alignment):
    return [WordLabels("A", index, index) for index in range(len(alignment.starts))]


def test_a_word_reaches_a_little_beyond_its_first_and_last_label():
    alignment = alignment_of((30, 31), (33, 34), num_frames=100)
    (word,) = word_times([WordLabels("AB", 0, 1)], alignment, CLOCK, lead_s=0.05, tail_s=0.1)
    assert (word.word, word.start, word.end) == ("AB", pytest.approx(0.25), pytest.approx(0.44))
    assert word.confidence is None


def test_words_share_what_is_too_little_for_both():
    alignment = alignment_of((10, 11), (17, 18), num_frames=30)  # six frames between, nine are claimed
    first, second = word_times(one_word_a_label(alignment), alignment, CLOCK, lead_s=0.03, tail_s=0.06)
    assert first.end == pytest.approx(0.15) and second.start == pytest.approx(0.15)


def test_a_label_of_many_frames_shows_where_its_word_lies():
    alignment = alignment_of((30, 37), num_frames=100)
    (word,) = word_times([WordLabels("A", 0, 0)], alignment, CLOCK, lead_s=0.02, tail_s=0.05)
    assert (word.start, word.end) == (pytest.approx(0.3), pytest.approx(0.39))


def test_no_word_reaches_beyond_the_utterance():
    alignment = alignment_of((1, 2), (8, 9), num_frames=10)
    first, second = word_times(one_word_a_label(alignment), alignment, CLOCK)
    assert (first.start, second.end) == (0.0, pytest.approx(0.1))
    # the last frame begins before the end of the recording and need not end before it
    (word,) = word_times([WordLabels("A", 1, 1)], alignment, FrameClock(0.01, offset=5.004, start=5.0, end=5.1))
    assert word.end == 5.1


def test_times_count_from_the_files_start():
    alignment = alignment_of((0, 1), num_frames=1)
    clock = FrameClock(0.04, offset=9.98, start=10.0)  # a frame is centred on what it has seen, so may begin before
    (word,) = word_times([WordLabels("A", 0, 0)], alignment, clock)
    assert (word.start, word.end) == (10.0, pytest.approx(10.02))
    assert list(label_times(alignment, clock)) == [(10.0, pytest.approx(10.02))]


def test_no_words_have_no_times():
    assert word_times([], alignment_of(num_frames=5), CLOCK) == ()


TWO_WORDS = alignment_of((20, 22), (60, 62), num_frames=100)


@pytest.mark.parametrize(
    ("silences", "expected"),
    [
        ([(0, 10), (30, 50), (80, 100)], [0.1, 0.3, 0.5, 0.8]),
        ([(0, 4), (8, 10), (30, 35), (40, 50), (80, 85), (90, 100)], [0.1, 0.3, 0.5, 0.8]),  # a breath in each pause
        ([(21, 61)], [0.14, 0.22, 0.6, 0.72]),  # reaches into both words' labels, which no word loses
        ([(23, 30)], [0.14, 0.23, 0.3, 0.72]),
        ([], [0.14, 0.32, 0.54, 0.72]),
        ([(0, 12)], [0.12, 0.32, 0.54, 0.72]),
    ],
)
def test_words_begin_and_end_beside_the_silences_of_their_pauses(silences, expected):
    known = np.array(silences).reshape(-1, 2)
    words = word_times(one_word_a_label(TWO_WORDS), TWO_WORDS, CLOCK, known, lead_s=0.065, tail_s=0.105)
    assert [time for word in words for time in (word.start, word.end)] == pytest.approx(expected)


def test_sound_far_from_a_label_is_not_the_words():
    alignment = alignment_of((20, 21), (180, 181), num_frames=300)
    silences = np.array([(100, 130), (260, 300)])  # the first word's label has sound for 0.79 s, the last's for 0.79 s
    first, second = word_times(one_word_a_label(alignment), alignment, CLOCK, silences, lead_s=0.06, tail_s=0.1)
    assert (first.start, first.end, second.start, second.end) == pytest.approx((0.14, 0.31, 1.3, 1.91))


@given(
    st.integers(0, 2**32 - 1), st.integers(0, 6), st.floats(0, 0.7), st.floats(0, 0.7), st.none() | st.integers(0, 6)
)
def test_words_come_in_order_and_never_overlap(seed, num_words, lead_s, tail_s, num_silences):
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(40, 2 * num_words, replace=False))
    alignment = alignment_of(*cuts.reshape(-1, 2), num_frames=40)
    silences = None if num_silences is None else np.sort(rng.uniform(-1, 42, 2 * num_silences)).reshape(-1, 2)
    words = word_times(one_word_a_label(alignment), alignment, CLOCK, silences, lead_s=lead_s, tail_s=tail_s)
    times = [time for word in words for time in (word.start, word.end)]
    assert all(before <= after + 1e-9 for before, after in zip([0.0, *times], [*times, 0.4], strict=True))
    for word, (start, end) in zip(words, label_times(alignment, CLOCK), strict=True):
        assert word.start <= start + 1e-9 and end <= word.end + 1e-9


def spiky_log_probs(texts, rng, seconds_per_frame=0.02):
    """Posteriors of a model that knows all, with spikes as CTC has them, and when each word was said.

    A letter takes 50 to 110 ms and has its spike of one frame in its middle half; words are 0 to 300 ms apart; the
    space, where there is one, has a spike between.
    """
    time, spikes, words = 0.2, [], []
    for text in texts:
        start = time
        for letter in text:
            length = rng.uniform(0.05, 0.11)
            spikes.append((time + length * rng.uniform(0.25, 0.75), TOKENS.labels.index(letter)))
            time += length
        words.append((start, time))
        pause = rng.uniform(0.0, 0.3)
        spikes.append((time + pause / 2, 1))
        time += pause
    probabilities = np.full((int(time / seconds_per_frame) + 10, 5), 0.01)
    probabilities[:, 0] = 0.96
    for second, label in spikes[:-1]:
        frame = int(second / seconds_per_frame)
        probabilities[frame] = 0.01
        probabilities[frame, label] = 0.96
    return np.log(probabilities), words


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_words_of_known_times_are_found_to_40_milliseconds(seed):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(["AB", "C", "BC", "CA"], rng.integers(1, 4))) for _ in range(40)]
    log_probs, expected = spiky_log_probs(texts, rng)
    labels = TOKENS.encode(" ".join(texts))
    alignment = align(log_probs, labels, separators=[1])
    # The letters above are 80 ms long, and their spikes in the middle; the defaults are those of a real model.
    found = word_times(TOKENS.words(labels), alignment, FrameClock(0.02), lead_s=0.04, tail_s=0.05)
    assert [word.word for word in found] == texts
    errors = np.array(
        [(word.start - start, word.end - end) for word, (start, end) in zip(found, expected, strict=True)]
    )
    assert np.median(np.abs(errors[:, 0])) < 0.04 and np.median(np.abs(errors[:, 1])) < 0.04
