import numpy as np
import pytest

from asr.decoding.decode import Decoder
from asr.decoding.lexicon import Lexicon
from asr.decoding.settings import DecoderSettings
from asr.errors import ShapeError
from asr.tokens import Tokens
from tests.reference import random_log_probs

TOKENS = Tokens(["<blank>", " ", "A", "B"])


def decoder(beam_size: int = 8) -> Decoder:
    return Decoder(TOKENS, DecoderSettings(beam_size))


def test_nothing_is_certain_before_the_first_frame():
    assert decoder().incremental().partial() == ("", "")


def test_words_become_certain_while_frames_come():
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.eye(4)[[2, 1, 3, 3, 1, 2]])
    utterance, partials = decoder().incremental(), []
    for frame in log_probs:
        utterance.feed(frame[None])
        partials.append(tuple(utterance.partial()))
    assert partials == [("", "A"), ("A", "A"), ("A", "A B"), ("A", "A B"), ("A B", "A B"), ("A B", "A B A")]


def test_a_long_utterance_needs_little_memory():
    utterance = decoder().incremental()
    for seed in range(10):
        utterance.feed(random_log_probs(seed, 2_000, len(TOKENS), sharpness=4.0))
    assert sum(array.nbytes for array in utterance.save().values()) < 4_000_000  # and not 8 prefixes a frame
    assert len(utterance.hypotheses(1)[0].tokens) > 5_000


def test_a_state_goes_through_a_file(tmp_path):
    first, second = np.split(random_log_probs(0, 300, len(TOKENS)), 2)
    utterance = decoder().incremental()
    utterance.feed(first)
    np.savez(tmp_path / "state.npz", **utterance.save())
    other = decoder().incremental()
    with np.load(tmp_path / "state.npz") as state:
        other.restore(state)
    for one in (utterance, other):
        one.feed(second)
    assert other.hypotheses() == utterance.hypotheses()


def test_what_is_not_a_state_of_the_search_is_refused():
    state = decoder().incremental().save()
    with pytest.raises(ShapeError, match="give what save returned"):
        decoder().incremental().restore({"nodes": state["nodes"]})
    with pytest.raises(ShapeError, match="give what save returned"):
        decoder().incremental().restore(state | {"beam": np.zeros(3)})


@pytest.mark.parametrize(
    "other",
    [
        decoder(50),
        Decoder(TOKENS, DecoderSettings(8), lexicon=Lexicon(["A", "AB"])),
        Decoder(TOKENS, DecoderSettings(8), hotwords=["A"]),
    ],
)
def test_a_state_of_another_search_is_refused(other):
    utterance = other.incremental()
    utterance.feed(random_log_probs(0, 20, len(TOKENS)))
    with pytest.raises(ShapeError, match="of another search"):
        decoder(8).incremental().restore(utterance.save())


WORDS = Lexicon(["A", "B", "AB", "BA"])


@pytest.mark.parametrize(
    "options", [{}, {"lexicon": WORDS}, {"hotwords": ["A B"]}], ids=["open vocabulary", "lexicon", "hotwords"]
)
def test_what_comes_after_forgotten_words_is_found_as_without_forgetting(options):
    search = Decoder(TOKENS, DecoderSettings(4, word_bonus=0.5), **options)
    whole, forgetful, said = search.incremental(), search.incremental(), []
    for seed in range(12):
        log_probs = random_log_probs(seed, 40, len(TOKENS), sharpness=3.0)
        whole.feed(log_probs)
        forgetful.feed(log_probs)
        stable = forgetful.partial().stable.split()
        if len(stable) > seed % 3:
            said += stable[: len(stable) - seed % 3]
            forgetful.forget(len(stable) - seed % 3)
    assert len(said) > 40
    found = forgetful.hypotheses()
    assert [" ".join([*said, one.text]).strip() for one in found] == [one.text for one in whole.hypotheses()]
    np.testing.assert_allclose([one.score.total for one in found], [one.score.total for one in whole.hypotheses()])
    for one in found:
        assert TOKENS.decode(one.tokens) == one.text


def test_other_beginnings_are_dropped_with_what_is_settled():
    utterance = decoder().incremental()
    utterance.feed(np.log([[0.0625, 0.0625, 0.5, 0.375], [0.03, 0.91, 0.03, 0.03], [0.0625, 0.0625, 0.375, 0.5]]))
    assert utterance.partial() == ("", "A B")
    utterance.forget(1)
    assert utterance.hypotheses(1)[0].text == "B"
    with pytest.raises(ShapeError, match="9 words to forget"):
        utterance.forget(9)
