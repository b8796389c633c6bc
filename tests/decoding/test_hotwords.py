import itertools

import pytest

from asr.decoding.hotwords import DEFAULT_BOOST, Hotword, as_hotwords, automaton, read_hotwords
from asr.decoding.lexicon import TokenUnits
from asr.decoding.trie import build_trie
from asr.errors import ConfigError
from asr.tokens import Tokens


def test_a_list_of_thousands_of_phrases_takes_no_more_room_than_its_letters():
    tokens = Tokens(["<blank>", " ", *"ABCDEFGH"])
    words = ["".join(letters) for letters in itertools.product("ABCDEFGH", repeat=4)]
    phrases = [Hotword(pair) for pair in zip(words[::2], words[1::2], strict=True)]
    spelled = TokenUnits.of(tokens).spell_texts(words)
    trie = build_trie(spelled.units, spelled.offsets, spelled.word_of_row)
    # Of the first words each beginning, and after each first word the second, letter by letter.
    assert len(automaton(phrases, spelled, trie).credits) <= len(trie.unit) + 5 * len(phrases)


def test_a_file_has_a_phrase_and_perhaps_a_boost_a_line(tmp_path):
    path = tmp_path / "hotwords.txt"
    path.write_text("# names\nSAINT  IVES\t2.5\n\nOSWALD\n")
    assert read_hotwords(path) == [Hotword(("SAINT", "IVES"), 2.5), Hotword(("OSWALD",), DEFAULT_BOOST)]


@pytest.mark.parametrize("boost", ["", "much", "nan", "inf"])
def test_a_boost_that_is_no_number_names_its_line(tmp_path, boost):
    path = tmp_path / "hotwords.txt"
    path.write_text(f"A\nB\t{boost}\n")
    with pytest.raises(ConfigError, match=r"hotwords.txt:2: boost .* is not a number"):
        read_hotwords(path)


def test_hotwords_are_normalised_as_the_tokens_are():
    found = as_hotwords(["saint ives", ("oswald", 2), Hotword(("a",), -1.0)], str.upper)
    assert found == (Hotword(("SAINT", "IVES")), Hotword(("OSWALD",), 2.0), Hotword(("A",), -1.0))


@pytest.mark.parametrize("phrase", ["", ("A", float("inf"))])
def test_nothing_is_no_hotword(phrase):
    with pytest.raises(ConfigError, match="give words and a finite number"):
        as_hotwords([phrase], str.upper)
