import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import ConfigError, RunError, UtteranceError
from asr.text import get_normaliser
from asr.tokens import Tokens

LABELS = ["<blank>", " ", "A", "B"]


@given(st.text("AB "))
def test_a_text_comes_back_with_single_spaces(text):
    tokens = Tokens(LABELS)
    assert tokens.decode(tokens.encode(text)) == " ".join(text.split())
    assert 0 not in tokens.encode(text)


def test_a_character_outside_the_vocabulary_is_named():
    with pytest.raises(UtteranceError, match=r"character 'C' of 'A CAB' is outside the vocabulary: normalise"):
        Tokens(LABELS).encode("A CAB")


def test_tokens_can_be_taken_from_texts():
    assert Tokens.from_texts(["ba", "a b"], "upper").labels == ("<blank>", " ", "A", "B")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "the first must be '<blank>'"),
        (["A", "<blank>"], "the first must be '<blank>'"),
        (["<blank>", "A", "A"], "label 'A' appears twice"),
        (["<blank>", "AB"], "label 'AB' is not one character"),
    ],
)
def test_labels_that_are_no_alphabet_are_refused(labels, message):
    with pytest.raises(ConfigError, match=message):
        Tokens(labels)


def test_a_token_file_is_read_again(tmp_path):
    Tokens(LABELS, "upper").save(tmp_path / "tokens.json")
    loaded = Tokens.load(tmp_path / "tokens.json")
    assert (list(loaded.labels), loaded.normaliser.name) == (LABELS, "upper")


def test_a_file_made_with_another_version_of_its_normaliser_is_refused(tmp_path):
    path = tmp_path / "tokens.json"
    Tokens(LABELS).save(path)
    value = json.loads(path.read_text())
    value["normaliser"]["version"] += 1
    path.write_text(json.dumps(value))
    with pytest.raises(RunError, match="made with version 2 of normaliser 'none', this program has version 1"):
        Tokens.load(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"labels": ["A"], "normaliser": {"name": "none", "version": 1}}'])
def test_a_damaged_token_file_is_named(tmp_path, content):
    (tmp_path / "tokens.json").write_text(content)
    with pytest.raises(RunError, match=r"tokens\.json: not a token file"):
        Tokens.load(tmp_path / "tokens.json")


@pytest.mark.parametrize("name", ["none", "upper", "basic"])
@given(text=st.text())
def test_normalising_twice_is_normalising_once(name, text):
    normalise = get_normaliser(name)
    assert normalise(normalise(text)) == normalise(text)


def test_an_unknown_normaliser_is_named():
    with pytest.raises(ConfigError, match="normaliser 'bsic' is unknown: choose one of none, upper, basic"):
        get_normaliser("bsic")
