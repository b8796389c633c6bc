"""The search equals its definition, in every mode; what the modes are is in `MODES`."""

import functools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asr.decoding.decode import Decoder, decode
from asr.decoding.lexicon import Lexicon
from asr.decoding.lm import LanguageModel
from asr.decoding.settings import DecoderSettings
from asr.errors import ConfigError, UtteranceError
from asr.pronunciation.dictionary import Dictionary
from asr.pronunciation.pronouncer import Pronouncer
from asr.tokens import Tokens
from asr.tokens.phones import Phones
from asr.tokens.pieces import Pieces
from tests.reference import random_log_probs
from tests.reference_search import (
    Definition,
    TextbookSearch,
    hypotheses_by_enumeration,
    random_bigram,
    random_with_zeros,
)

NO_PRUNING = 5_000
WEIGHTS = {
    "lm_weight": 0.7,
    "word_bonus": 0.4,
    "blank_penalty": 0.8,
    "oov_penalty": -1.5,
    "oov_letter_penalty": -0.6,
}


class GivenPieces(Pieces):
    """Pieces without a sentencepiece model, which only spelling needs."""

    def __init__(self, labels):
        self.labels = tuple(labels)


def pieces(*labels: str) -> Tokens:
    labels = ("<blank>", *labels)
    return Tokens(labels, spelling=GivenPieces(labels))


def phones(**pronunciations: str) -> Tokens:
    dictionary = Dictionary({word: (tuple(ways.split()),) for word, ways in pronunciations.items()})
    spelling = Phones(Pronouncer(dictionary, dictionary.phones, guesses=False))
    return Tokens(spelling.labels, spelling=spelling)


CHARACTERS = Tokens(["<blank>", " ", "A", "B"])
LETTERS = Tokens(["<blank>", "A", "B"])
TWO_SPACES = Tokens(["<blank>", "A", " ", "\u00a0"])
PIECES = pieces("\u2581a", "a", "\u2581", "b")
PHONES = phones(x="A B")

# Homophones, several ways to say a word, words that begin words, and words that can be split in two ways.
SAID = {"one": ["A"], "won": ["A"], "ab": ["A B"], "bee": ["B", "B A"], "aba": ["A B A"]}


def lexicon_of(pronunciations: dict[str, list[str]]) -> Lexicon:
    return Lexicon({word: [way.split() for way in ways] for word, ways in pronunciations.items()})


def in_labels(pronunciations: dict[str, list[str]], tokens: Tokens) -> dict[str, list[list[int]]]:
    return {w: [[tokens.labels.index(p) for p in way.split()] for way in ways] for w, ways in pronunciations.items()}


@functools.cache
def model(folder, words: tuple[str, ...]) -> LanguageModel:
    path = folder / f"{'-'.join(words).replace('|', '_')}.arpa"
    path.write_text(random_bigram(words).arpa())
    return LanguageModel(path)


@dataclass
class Mode:
    """A definition, and the same for the decoder."""

    tokens: Tokens
    lexicon: Lexicon | None = None
    lm_words: tuple[str, ...] = ()
    lm_unit: Any = "word"
    hotwords: tuple[tuple[tuple[str, ...], float], ...] = ()
    spellings: dict[str, list[list[int]]] | None = None
    by_text: bool = False
    weights: dict[str, float] = field(default_factory=lambda: WEIGHTS)

    def definition(self) -> Definition:
        lm = random_bigram(self.lm_words) if self.lm_words else None
        spellings = dict.fromkeys(self.lexicon.words, ()) if self.by_text and self.lexicon else self.spellings
        weights = self.weights if lm else self.weights | {"lm_weight": 0.0}
        return Definition(
            self.tokens.labels, self.tokens.kind, spellings, self.by_text, lm, self.lm_unit,
            hotwords=list(self.hotwords), **weights,
        )  # fmt: skip

    def decoder(self, folder, **changes) -> Decoder:
        lm = model(folder, self.lm_words) if self.lm_words else None
        settings = DecoderSettings(**({"beam_size": NO_PRUNING, "lm_unit": self.lm_unit} | self.weights | changes))
        hotwords = [(" ".join(phrase), boost) for phrase, boost in self.hotwords]
        return Decoder(self.tokens, settings, lm=lm, lexicon=self.lexicon, hotwords=hotwords)


SPELLED = {"A": ["A"], "AB": ["A B"], "BAA": ["B A A", "B"]}
MODES = {
    "letters": Mode(LETTERS),
    "letters_words_lm": Mode(LETTERS, lm_words=("A", "AB")),
    "characters": Mode(CHARACTERS),
    "two_spaces": Mode(TWO_SPACES, lm_words=("A",)),
    "characters_word_lm": Mode(CHARACTERS, lm_words=("A", "AB", "BA", "ABA")),
    "characters_token_lm": Mode(CHARACTERS, lm_words=("A", "B", "|"), lm_unit="token"),
    "characters_hotwords": Mode(CHARACTERS, hotwords=((("A", "B"), 2.0), (("B",), 1.0), (("AB",), 3.0))),
    "characters_word_lm_hotwords": Mode(
        CHARACTERS, lm_words=("A", "AB"), hotwords=((("A", "A", "B"), 2.0), (("A", "B"), 1.0), (("BA",), -1.0))
    ),
    "words": Mode(CHARACTERS, Lexicon(["A", "AB", "BAB"]), lm_words=("A", "AB"), by_text=True),
    "words_token_lm": Mode(CHARACTERS, Lexicon(["A", "AB", "BAB"]), ("A", "|"), "token", by_text=True),
    "words_hotwords": Mode(CHARACTERS, Lexicon(["A", "AB"]), hotwords=((("AB", "A"), 2.0),), by_text=True),
    "spelled_words": Mode(CHARACTERS, lexicon_of(SPELLED), ("A", "AB"), spellings=in_labels(SPELLED, CHARACTERS)),
    "letters_lexicon": Mode(LETTERS, Lexicon(["A", "AB", "BA"]), ("A", "AB"), by_text=False,
                            spellings={"A": [[1]], "AB": [[1, 2]], "BA": [[2, 1]]}),
    "pieces": Mode(PIECES),
    "pieces_word_lm": Mode(PIECES, lm_words=("a", "aa", "ab")),
    "pieces_token_lm": Mode(PIECES, lm_words=("\u2581a", "a", "\u2581"), lm_unit="token"),
    "pieces_words": Mode(PIECES, Lexicon(["a", "aa", "ba"]), ("a", "aa"), by_text=True),
    "pieces_hotwords": Mode(PIECES, hotwords=((("a", "ba"), 2.0),)),
    "phones_alone": Mode(PHONES, lm_words=("A", "B")),
    "phones": Mode(PHONES, lexicon_of(SAID), ("one", "won", "bee"), spellings=in_labels(SAID, PHONES)),
    "phones_hotwords": Mode(PHONES, lexicon_of(SAID), ("one", "won"), spellings=in_labels(SAID, PHONES),
                            hotwords=((("won", "bee"), 2.0), (("aba",), 1.0))),
    "phones_token_lm": Mode(PHONES, lexicon_of(SAID), ("A", "B"), "token", spellings=in_labels(SAID, PHONES)),
}  # fmt: skip
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return MODES[request.param]


@settings(deadline=None, max_examples=5)
@given(seed=seeds, num_frames=st.integers(0, 4), make=st.sampled_from([random_log_probs, random_with_zeros]))
@example(seed=1, num_frames=5, make=random_log_probs)
def test_a_beam_that_covers_everything_equals_enumeration_of_all_paths(folder, mode, seed, num_frames, make):
    log_probs = make(seed, num_frames if len(mode.tokens) < 5 else min(num_frames, 4), len(mode.tokens))
    expected = hypotheses_by_enumeration(mode.definition(), log_probs)
    if not expected:  # no whole words: see the test of words that are not finished
        return
    hypotheses = mode.decoder(folder)(log_probs)
    assert {h.text: h.score.total for h in hypotheses} == pytest.approx(expected, rel=1e-5, abs=1e-5)  # float32 model
    totals = [h.score.total for h in hypotheses]
    assert max(np.diff(totals), default=0) < 1e-12 and len(totals) == len(expected)  # equals are added up in any order
    for h in hypotheses:
        assert h.score.total == pytest.approx(h.score.acoustic + h.score.lm + h.score.bonus)
        assert h.score.bonus == pytest.approx(mode.definition().bonus(tuple(h.text.split())))
        if mode.lm_unit == "word":
            assert h.score.lm == pytest.approx(mode.definition().lm_score(tuple(h.text.split()), ()), abs=1e-5)
        assert h.text.split() in map(list, mode.definition().readings(h.tokens))


@settings(deadline=None, max_examples=5)
@given(
    seed=seeds,
    num_frames=st.integers(1, 8),
    beam_size=st.integers(2, 8),
    beam_threshold=st.sampled_from([np.inf, 2.0, 6.0]),
    token_min_log_prob=st.sampled_from([-np.inf, -2.0]),
)
def test_a_beam_that_prunes_equals_the_textbooks(
    folder, mode, seed, num_frames, beam_size, beam_threshold, token_min_log_prob
):
    definition = mode.definition()
    log_probs = random_log_probs(seed, num_frames, len(mode.tokens), sharpness=1.5)
    if mode.tokens is TWO_SPACES:
        log_probs[:, 2], log_probs[:, 3] = np.logaddexp(log_probs[:, 2], log_probs[:, 3]), -np.inf
    pruning = {"beam_size": beam_size, "beam_threshold": beam_threshold, "token_min_log_prob": token_min_log_prob}
    textbook = TextbookSearch(definition, **pruning)
    expected = textbook.run(log_probs)
    if expected and not textbook.cut_between_equals:
        hypotheses = mode.decoder(folder, **pruning)(log_probs, num_best=NO_PRUNING)
        assert {h.text: h.score.total for h in hypotheses} == pytest.approx(expected, rel=1e-4, abs=1e-4)


@settings(deadline=None, max_examples=2)
@given(seed=seeds, cuts=st.lists(st.integers(0, 400), max_size=4))
def test_frames_in_portions_give_exactly_what_they_give_at_once(folder, mode, seed, cuts):
    log_probs = random_log_probs(seed, 400, len(mode.tokens), sharpness=1.5)
    decoder = mode.decoder(folder, beam_size=8)
    utterance, stable = decoder.incremental(), ""
    for portion in np.split(log_probs, sorted(cuts)):
        utterance.feed(portion)
        partial = utterance.partial()
        assert partial.stable.startswith(stable)
        stable = partial.stable
        state = utterance.save()
        utterance = decoder.incremental()
        utterance.restore(state)
    found = utterance.hypotheses()
    assert found == decoder(log_probs)
    assert all((h.text + " ").startswith(stable + " ") or not stable for h in found)


def test_one_decoder_does_not_remember_utterances(folder, mode):
    utterances = [random_log_probs(seed, 20, len(mode.tokens)) for seed in range(3)]
    decoder = mode.decoder(folder, beam_size=8)
    assert [decoder(u) for u in utterances] == [mode.decoder(folder, beam_size=8)(u) for u in utterances]


def test_the_models_start_and_end_of_a_sentence_count(folder):
    mode = MODES["characters_word_lm"]
    log_probs = np.log(np.full((1, 4), 0.25))
    (empty,) = [h for h in mode.decoder(folder)(log_probs) if not h.text]
    assert empty.score.lm == pytest.approx(0.7 * random_bigram(mode.lm_words).log_prob("<s>", "</s>"), abs=1e-5)


def test_hotwords_do_not_fire_inside_other_words():
    log_probs = random_log_probs(0, 12, 4)
    for h in decode(log_probs, CHARACTERS, hotwords=[("AB", 2.0)], beam_size=200):
        assert h.score.bonus == 2.0 * h.text.split().count("AB")


def test_a_hotword_is_found_though_a_narrow_beam_would_have_lost_it():
    # The first letter decides the beam, the last letter the word.
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0, 0, 0.7, 0.3], [0.1, 0, 0.2, 0.7], [1, 0, 0, 0]])
    assert decode(log_probs, CHARACTERS, beam_size=1)[0].text == "AB"
    assert decode(log_probs, CHARACTERS, beam_size=1, hotwords=[("B", 4.0)])[0].text == "B"


def test_an_unfinished_word_is_left_out_where_nothing_is_whole():
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0, 0, 1.0, 0], [0, 1.0, 0, 0], [0, 0, 0.0, 1.0]])
    (hypothesis,) = decode(log_probs, CHARACTERS, lexicon=Lexicon(["A", "BA"]))
    assert (hypothesis.text, hypothesis.tokens) == ("A", (2,))


def test_frames_that_the_lexicon_forbids_are_an_error():
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0, 0, 1.0, 0], [0, 0, 0, 1.0]])
    with pytest.raises(UtteranceError, match="no word sequence of the lexicon is possible in the 2 frames"):
        decode(log_probs, CHARACTERS, lexicon=Lexicon(["A"]))


def test_words_that_the_tokens_cannot_spell_are_refused(folder):
    with pytest.raises(ConfigError, match="lexicon: the model's tokens can spell none of its words"):
        decode(np.zeros((0, 4)), CHARACTERS, lexicon=Lexicon(["a", "b"]))
    with pytest.raises(ConfigError, match="hotword 'AC' cannot be spelled"):
        decode(np.zeros((0, 4)), CHARACTERS, hotwords=["A AC"])
    with pytest.raises(ConfigError, match="hotword 'B' is not in the lexicon"):
        decode(np.zeros((0, 4)), CHARACTERS, hotwords=["B"], lexicon=Lexicon(["A"]))
    with pytest.raises(ConfigError, match="tokens can spell none of its words"):
        replace(MODES["characters_word_lm"], lm_words=("a", "b")).decoder(folder)


@pytest.mark.parametrize("lexicon", [None, Lexicon([f"{chr(0x4E00 + n)}A" for n in range(0, 600, 7)])])
def test_hundreds_of_labels_are_searched_as_the_textbook_does(lexicon):
    tokens = Tokens(["<blank>", " ", "A", *(chr(0x4E00 + n) for n in range(600))])
    log_probs = random_log_probs(1, 3, len(tokens))
    definition = Definition(tokens.labels, lexicon=dict.fromkeys(lexicon.words, ()) if lexicon else None, by_text=True)
    expected = TextbookSearch(definition, beam_size=20).run(log_probs)
    found = decode(log_probs, tokens, beam_size=20, lexicon=lexicon)
    assert {h.text: h.score.total for h in found} == pytest.approx(expected)


def test_phones_are_told_apart_into_the_words_of_a_language_model(folder):
    decoder = Decoder(PHONES, lm=model(folder, ("x", "y", "A")))  # the dictionary has x; A is the name of a phone, too
    assert {word for h in decoder(random_log_probs(0, 6, 3)) for word in h.text.split()} == {"x"}
