import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.config import TokenConfig
from asr.errors import ConfigError, RunError, UtteranceError
from asr.tokens import Tokens

TEXTS = ["THE OTHER MOTHER DOESN'T BOTHER", "THE MOTH DOES", "BROTHER, HE DOESN'T"] * 5


def pieces(number: int, texts: list[str] = TEXTS) -> Tokens:
    return Tokens.from_config(TokenConfig(kind="bpe", pieces=number), texts)


TOKENS = pieces(40)


@given(st.text("THEOMRSN' "))
def test_a_text_comes_back_with_single_spaces(text):
    labels = TOKENS.encode(text)
    assert TOKENS.decode(labels) == " ".join(text.split())
    assert 0 not in labels


@given(st.text("THEOMRSN' "))
def test_words_stand_where_their_pieces_do(text):
    labels = TOKENS.encode(text)
    words = TOKENS.words(labels)
    assert [word.word for word in words] == text.split()
    assert [TOKENS.decode(labels[word.first : word.last + 1]) for word in words] == text.split()


@given(st.lists(st.integers(1, 40)))
def test_the_words_of_any_labels_are_those_of_their_text(labels):
    assert " ".join(word.word for word in TOKENS.words(labels)) == TOKENS.decode(labels)


def test_there_are_as_many_classes_as_asked_for_and_the_blank():
    assert len(TOKENS) == 41
    assert TOKENS.labels[0] == "<blank>"
    assert TOKENS.kind == "bpe"


def test_frequent_words_are_one_piece():
    assert [TOKENS.labels[label] for label in TOKENS.encode("THE DOESN'T")] == ["\u2581THE", "\u2581DOESN'T"]


def test_the_same_text_gives_the_same_pieces():
    assert pieces(40).labels == TOKENS.labels


def test_a_word_is_spelled_as_in_a_text():
    assert TOKENS.spell("MOTHER") == [tuple(TOKENS.encode("MOTHER"))]
    assert [TOKENS.spell(word) for word in ("", "QUIZ", "THE MOTH")] == [[], [], []]


@pytest.mark.parametrize(("text", "character"), [("THE QUAY", "Q"), ("THE\u2581MOTH", "\u2581")])
def test_a_character_that_no_piece_has_is_named(text, character):
    with pytest.raises(
        UtteranceError, match=f"character '{character}' of '{text}' is in none of the pieces: normalise"
    ):
        TOKENS.encode(text)


def test_more_pieces_than_the_text_gives_are_refused_with_the_number_that_it_gives():
    with pytest.raises(
        ConfigError, match=r"tokens\.pieces = 5000: the training text gives at most \d+: lower it"
    ) as most:
        pieces(5000)
    number = int(str(most.value).partition("at most ")[2].partition(":")[0])
    assert len(pieces(number)) == number + 1


def test_fewer_pieces_will_do_where_that_is_said():
    tokens = Tokens.from_config(TokenConfig(kind="bpe", pieces=5000), TEXTS, exactly=False)
    assert 40 < len(tokens) < 200
    assert tokens.decode(tokens.encode("THE MOTH")) == "THE MOTH"


def test_fewer_pieces_than_characters_are_refused():
    with pytest.raises(
        ConfigError, match=r"tokens\.pieces = 5: the training text has 13 characters, each a piece: raise"
    ):
        pieces(5)


def test_pieces_are_those_of_the_normalised_text():
    settings = TokenConfig(kind="bpe", pieces=40, normaliser="upper")
    tokens = Tokens.from_config(settings, [text.lower() for text in TEXTS])
    assert tokens.labels == TOKENS.labels
    assert tokens.encode("the moth") == TOKENS.encode("THE MOTH")


def test_a_token_file_holds_the_pieces(tmp_path):
    TOKENS.save(tmp_path / "tokens.json")
    loaded = Tokens.load(tmp_path / "tokens.json")
    assert (loaded.kind, loaded.labels) == ("bpe", TOKENS.labels)
    assert loaded.encode("BROTHER MOTH") == TOKENS.encode("BROTHER MOTH")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("labels", ["<blank>", "A"], "the labels are not those of the sentencepiece model"),
        ("sentencepiece", "AAAA", "not a sentencepiece model"),
        ("sentencepiece", "%", "base64"),
        ("kind", "words", "'words'"),
    ],
)
def test_a_damaged_token_file_is_named(tmp_path, key, value, message):
    path = tmp_path / "tokens.json"
    TOKENS.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(RunError, match=rf"tokens\.json: not a token file \(.*{message}.*\): restore"):
        Tokens.load(path)
