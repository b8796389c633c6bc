import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.errors import ConfigError
from asr.pronunciation.dictionary import Dictionary, parse_dictionary, read_dictionary

PHONES = st.lists(st.sampled_from(["AA", "B", "K1"]), min_size=1, max_size=3).map(tuple)
ENTRIES = st.dictionaries(
    st.text("ab'(#", min_size=1, max_size=4).filter(lambda word: not word.startswith("#")),
    st.lists(PHONES, min_size=1, max_size=3, unique=True).map(tuple),
    min_size=1,
    max_size=4,
)


@settings(max_examples=10)  # each is written to the disk
@given(ENTRIES)
def test_a_dictionary_that_is_written_is_read_again(tmp_path_factory, entries):
    path = tmp_path_factory.getbasetemp() / "dictionary.txt"
    Dictionary(entries).save(path)
    assert read_dictionary(path, stress=True).entries == entries


def test_cmudicts_form_is_understood():
    lines = [
        ";;; a comment",
        "",
        "tomato T AH0 M EY1 T OW2",
        "tomato(2) T AH0 M AA1 T OW2 # British",
        "(paren P ER0 EH1 N",
    ]
    dictionary = parse_dictionary(lines, "test", stress=False)
    assert dictionary.pronunciations("TOMATO") == (("T", "AH", "M", "EY", "T", "OW"), ("T", "AH", "M", "AA", "T", "OW"))
    assert dictionary.pronunciations("(paren") == (("P", "ER", "EH", "N"),)
    assert dictionary.pronunciations("potato") == ()


def test_pronunciations_that_differ_in_stress_alone_are_one_without_it():
    lines = ["record R EH1 K ER0 D", "record(2) R EH0 K ER1 D"]
    assert len(parse_dictionary(lines, "test", stress=False).pronunciations("record")) == 1
    assert len(parse_dictionary(lines, "test", stress=True).pronunciations("record")) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a AH\nb\n", r"words\.txt:2: 'b' has no phones: write the word, a space, and its phones"),
        (b";;; nothing\n", r"words\.txt: no entry: name a file of lines"),
        (b"\xff\xfe", r"words\.txt: not UTF-8 text"),
    ],
)
def test_what_is_no_dictionary_is_named(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_dictionary(path, stress=False)


def test_a_missing_dictionary_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.txt: No such file or directory: name a pronunciation dictionary"):
        read_dictionary(tmp_path / "none.txt", stress=False)
