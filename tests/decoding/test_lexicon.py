import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.config import TokenConfig
from asr.decoding.decode import Decoder, lexicon_for_phones
from asr.decoding.lexicon import Lexicon, StoredWords, TokenUnits
from asr.decoding.lm import LanguageModel
from asr.decoding.lm_training import LanguageModelSettings, train_language_model
from asr.decoding.trie import build_trie, look_ahead, path_of
from asr.errors import ConfigError
from asr.tokens import Tokens
from tests.reference import random_log_probs

CHARACTERS = Tokens(["<blank>", " ", "A", "B", "\u00c4"])


@given(st.lists(st.text("AB\u00c4x ", max_size=4), max_size=12, unique=True))
def test_the_trie_has_the_words_that_can_be_spelled_and_no_others(words):
    spelled = TokenUnits.of(CHARACTERS).spell_texts(words)
    trie = build_trie(spelled.units, spelled.offsets, spelled.word_of_row)
    good = [word for word in words if word and not set(word) & set("x ")]
    assert sorted(words[n] for n in spelled.word_of_row) == sorted(good)
    for word in good:
        node = path_of(trie, np.array([CHARACTERS.labels.index(letter) for letter in word]))[-1]
        ends = trie.words[trie.word_first[node] : trie.word_first[node + 1]]
        assert [words[n] for n in ends] == [word]
    beginnings = {word[:length] for word in good for length in range(1, len(word) + 1)}
    assert len(trie.unit) == 1 + len(beginnings) == trie.first_child[-1]
    assert all(
        (np.diff(trie.unit[a:b]) > 0).all() for a, b in zip(trie.first_child, trie.first_child[1:], strict=False)
    )


def test_a_node_promises_the_best_word_under_it():
    spelled = TokenUnits.of(CHARACTERS).spell_texts(["A", "AB", "B"])
    trie = build_trie(spelled.units, spelled.offsets, spelled.word_of_row)
    assert look_ahead(trie, np.array([-3.0, -1.0, -2.0]), -np.inf, 0.0).tolist() == [0.0, -1.0, -2.0, -1.0]
    assert look_ahead(trie, np.array([-3.0, -1.0, -2.0]), -1.5, 0.0).tolist() == [0.0, -1.0, -1.5, -1.0]
    assert look_ahead(trie, np.array([-3.0, -4.0, -5.0]), -1.5, -1.0).tolist() == [0.0, -2.5, -2.5, -3.5]


def test_a_file_has_words_and_spellings(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text(";;; a comment\nAB\nDR  B A\nDR(2)  B # as in a street\nDR\n\n", encoding="utf-8")
    assert Lexicon.load(path).entries == {"AB": ((),), "DR": (("B", "A"), ("B",), ())}


def test_a_word_that_is_spelled_in_several_ways_has_them_all():
    lexicon = Lexicon({"BA": [(), ("A",), ("?",)]})
    units = TokenUnits.of(CHARACTERS, by_label=True)
    assert [one.tolist() for one in lexicon.spelled(CHARACTERS, units).spellings(0)] == [[3, 2], [2]]


@pytest.mark.parametrize(("content", "message"), [(b"", "no word"), (b"\xff\xfe", "not UTF-8 text")])
def test_a_file_without_words_is_refused(tmp_path, content, message):
    path = tmp_path / "lexicon.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        Lexicon.load(path)


def test_a_language_models_words_are_found_by_stored_spellings_as_by_those_worked_out(tmp_path):
    text = tmp_path / "text"
    text.write_text("the red die\na red\n")
    train_language_model([text], tmp_path / "lm.asrlm", LanguageModelSettings(order=2))
    dictionary = tmp_path / "dictionary.txt"
    dictionary.write_text("THE  DH AH\nTHE(2)  DH IY\nRED  R EH D\nA  AH\nDIE  D AY\n")
    config = TokenConfig(kind="phones", dictionary=str(dictionary), guess=False)
    tokens, lm = Tokens.from_config(config, ["the"]), LanguageModel(tmp_path / "lm.asrlm")
    worked_out = Decoder(tokens, lm=lm)
    tokens.store_spellings(list(lm.words), 3)
    stored = Decoder(tokens, lm=lm)
    log_probs = random_log_probs(0, 12, num_classes=len(tokens))
    assert isinstance(lexicon_for_phones(tokens, lm), StoredWords)
    assert [(one.text, one.tokens) for one in stored(log_probs)] == [
        (one.text, one.tokens) for one in worked_out(log_probs)
    ]
    assert stored.unspelled_words() == worked_out.unspelled_words() == []
