from hypothesis import given
from hypothesis import strategies as st

from asr.tokens import Tokens

TOKENS = Tokens(["<blank>", " ", "A", "B"])


@given(st.text("AB "))
def test_words_stand_where_their_letters_do(text):
    labels = TOKENS.encode(text)
    words = TOKENS.words(labels)
    assert [word.word for word in words] == text.split()
    assert [TOKENS.decode(labels[word.first : word.last + 1]) for word in words] == text.split()


@given(st.lists(st.integers(1, 3)))
def test_the_words_of_any_labels_are_those_of_their_text(labels):
    assert " ".join(word.word for word in TOKENS.words(labels)) == TOKENS.decode(labels)


def test_a_word_is_spelled_by_its_letters():
    assert TOKENS.spell("BAB") == [(3, 2, 3)]


def test_what_is_not_one_word_of_the_alphabet_cannot_be_spelled():
    assert [TOKENS.spell(word) for word in ("", "CAB", "A B", " ")] == [[], [], [], []]
