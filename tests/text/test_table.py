import pytest

from asr.errors import ConfigError
from asr.text import find_normaliser

TABLE = """\
* "A GLM file has a name"
;; a comment
going to => gonna
going to be => gonna be    ;; longer rules come first
[uh] =>
A.M. => AM / [ ] __ [ ]
tonite => [tonight]
"""


def normaliser(folder, content):
    path = folder / "rules.glm"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return find_normaliser(str(path))


def test_whole_words_are_replaced_the_longest_rule_first_and_once(tmp_path):
    normalise = normaliser(tmp_path, TABLE + "gonna => never\n")
    assert normalise("Uh, it's GOING to be going  to toGoing tonite!") == "it's gonna be gonna togoing tonight"


def test_the_base_is_chosen_in_the_file(tmp_path):
    assert normaliser(tmp_path, ";; base: none\nA.M. => AM\n")("Ten A.M. ten") == "Ten AM ten"
    assert normaliser(tmp_path, ";; base: english\n5 => five\n")("colour five") == "color five"
    with pytest.raises(ConfigError, match="normaliser 'fancy' is unknown"):
        normaliser(tmp_path, ";; base: fancy\n")


def test_it_is_named_after_the_file_and_versioned_by_its_content(tmp_path):
    first, second = normaliser(tmp_path, "a => b"), normaliser(tmp_path, "a => c")
    assert first.name == "rules.glm"
    assert isinstance(first.version, str) and first.version != second.version


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a = b", "rules.glm:1: 'a = b' is not a rule"),
        ("=> b", "is not a rule"),
        ("a => b\na => c", "rules.glm:2: 'a' has a rule already"),
        ("a => b => c", "rules.glm:1: 'a => b => c' is not a rule"),
        ("a => b\n;; base: nothing\n", "rules.glm:2: normaliser 'nothing' is unknown: choose one of"),
        (";; base: none\n;; base: none\n", "rules.glm:2: a second base"),
        ("a => { b / c }", "rules.glm:1: .* alternatives and contexts are not read"),
        ("a => b / [x] __ [ ]", "alternatives and contexts are not read"),
        (b"\xe9 => e", r"not UTF-8 \(byte 0\): convert the rules to UTF-8"),
    ],
)
def test_a_broken_table_is_named_with_its_line(tmp_path, content, message):
    with pytest.raises(ConfigError, match=message):
        normaliser(tmp_path, content)


def test_a_name_that_is_neither_is_unknown(tmp_path):
    with pytest.raises(ConfigError, match=r"'nowhere\.glm' is unknown: choose one of none, upper, basic, english, or"):
        find_normaliser("nowhere.glm")
