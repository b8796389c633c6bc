"""Words out of log-probabilities that are made by hand, so that what is said and when is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.config import EndpointConfig
from asr.decoding.calibration import Calibration
from asr.decoding.decode import Decoder
from asr.decoding.greedy import IncrementalGreedy
from asr.decoding.settings import DecoderSettings
from asr.decoding.word_times import FrameClock
from asr.tokens import Tokens
from asr.transcribe.running import Decoding, RunningText

TOKENS = Tokens(["<blank>", " ", "A", "B"])
CLOCK = FrameClock(seconds_per_frame=0.1)
NOTHING = np.zeros((0, 2))
SEARCHES = {
    "greedy": lambda: IncrementalGreedy(TOKENS),
    "beam": Decoder(TOKENS, DecoderSettings(8)).incremental,
}


def spoken(text, sureness=0.9):
    """Log-probabilities in which each character of a text is the most probable label of one frame; _ is a blank."""
    labels = [0 if character == "_" else TOKENS.labels.index(character) for character in text]
    return np.log(np.where(np.eye(4)[labels] > 0, sureness, (1 - sureness) / 3)).astype(np.float32)


def running(search, **endpoint):
    endpoint = {"silence_s": 0.5, "min_s": 0.2, "max_s": 60.0, **endpoint}
    return RunningText(Decoding(TOKENS, SEARCHES[search], EndpointConfig(**endpoint), Calibration()), CLOCK)


def said_of(text, portions, search="greedy", **endpoint):
    """Return what is said, with the number of frames after which it was."""
    going, found, count = running(search, **endpoint), [], 0
    for part in np.split(spoken(text), portions):
        count += len(part)
        found += [(count, one) for one in going.feed(part, NOTHING)]
    return [*found, *((count, one) for one in going.end())]


any_search = pytest.mark.parametrize("search", SEARCHES)


@any_search
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 45), max_size=6).map(sorted))
def test_what_is_said_does_not_depend_on_the_portions(search, cuts):
    text = "_A_B A_A_______B_ A_ B__B_______________A_B_"
    whole, parts = ([one for _, one in said_of(text, at, search, max_s=1.5)] for at in ([], cuts))
    assert parts == whole
    assert " ".join(one.text for one in whole) == "AB AA B A BB AB"


@any_search
def test_an_utterance_ends_after_a_silence_and_not_before(search):
    text = "A_B____A_____B"
    found = said_of(text, range(1, len(text)), search)
    assert [(count, one.text) for count, one in found] == [(13, "ABA"), (14, "B")]


def test_what_is_shorter_than_the_least_does_not_end():
    found = said_of("A_____B______A", range(1, 14), min_s=0.8)
    assert [(count, one.text) for count, one in found] == [(12, "AB"), (14, "A")]


@any_search
def test_nothing_said_is_nothing(search):
    assert said_of("_" * 40, [7, 20], search) == []


@any_search
def test_long_speech_is_given_out_at_pauses_between_words_whole(search):
    """No word is doubled, lost or cut, and each is where it was said."""
    words = ["AB", "BA", "A", "B", "AAB"] * 8
    text = "".join("_".join(word) + [" ", "_ _", "__ "][number % 3] for number, word in enumerate(words))
    found = said_of(text, range(5, len(text), 5), search, max_s=2.0)
    assert len(found) > 5
    all_words = [word for _, one in found for word in one.words]
    assert [word.word for word in all_words] == words
    assert [word for _, one in found for word in one.text.split()] == words
    places = np.cumsum([0, *(len("_".join(w)) + [1, 3, 3][n % 3] for n, w in enumerate(words))]) / 10
    for word, place in zip(all_words, places, strict=False):
        assert word.start <= place + 0.05 and word.end >= place + 0.05 and 0.5 < word.confidence <= 1
    times = [time for word in all_words for time in (word.start, word.end)]
    assert times == sorted(times)


def test_forgetting_leaves_as_much_in_memory_as_an_utterance_has():
    going = running("beam", max_s=2.0)
    for _ in range(60):
        list(going.feed(spoken("A_B B_ A_"), NOTHING))
    assert len(going._log_probs) < 60


def test_partial_text_tells_what_is_certain():
    going = running("greedy")
    list(going.feed(spoken("A_B A"), NOTHING))
    assert going.partial() == ("AB", "AB A")


def test_no_time_is_past_the_end():
    going = running("greedy")
    list(going.feed(spoken("__A"), NOTHING))
    (one,) = going.end(0.25)
    assert one.words[0].end == 0.25
