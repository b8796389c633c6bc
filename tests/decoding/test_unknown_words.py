"""Words that a language model does not know: what they cost, and that they do not run known words together."""

import numpy as np
import pytest

from asr.decoding.decode import decode
from asr.decoding.lm import LanguageModel
from asr.tokens import Tokens

TOKENS = Tokens(["<blank>", " ", *"ACST"])
KNOWN = ("CAT", "SAT")
LOG10_OF_WORD, LOG10_OF_UNKNOWN = -4.0, -3.0  # as in a model of a large vocabulary


@pytest.fixture(scope="module")
def lm(tmp_path_factory) -> LanguageModel:
    rows = {"<unk>": LOG10_OF_UNKNOWN, "<s>": -99, "</s>": -1, **dict.fromkeys(KNOWN, LOG10_OF_WORD)}
    lines = [
        "\\data\\",
        f"ngram 1={len(rows)}",
        "",
        "\\1-grams:",
        *(f"{p}\t{w}" for w, p in rows.items()),
        "",
        "\\end\\",
    ]
    path = tmp_path_factory.mktemp("lm") / "words.arpa"
    path.write_text("\n".join([*lines, ""]))
    return LanguageModel(path)


def spoken(words: list[str], space: float = 0.5) -> np.ndarray:
    """Posteriors that are sure of all letters; of each space between two words they are as sure as is said."""
    rows = []
    for word in words:
        for letter in word:
            rows += [np.eye(len(TOKENS))[TOKENS.labels.index(letter)], np.eye(len(TOKENS))[0]]
        rows.append(space * np.eye(len(TOKENS))[1] + (1 - space) * np.eye(len(TOKENS))[0])
    with np.errstate(divide="ignore"):
        return np.log(rows[:-1])


def best(words: list[str], lm: LanguageModel, **weights: float) -> str:
    return decode(spoken(words), TOKENS, lm=lm, lm_weight=1.0, **weights)[0].text


def test_a_cost_of_whole_words_lets_enough_known_words_be_run_together(lm):
    assert best(["CAT", "SAT"], lm, oov_penalty=-20.0) == "CAT SAT"
    assert best(["CAT", "SAT"] * 2, lm, oov_penalty=-20.0) == "CATSATCATSAT"


@pytest.mark.parametrize("number", [2, 3, 5, 12])
def test_a_cost_of_letters_keeps_any_number_of_known_words_apart(lm, number):
    words = ["CAT", "SAT", "SAT", "CAT"] * 3
    letter = LOG10_OF_WORD * np.log(10) / 3  # then spelling a known word costs what the word does
    assert best(words[:number], lm, oov_letter_penalty=letter) == " ".join(words[:number])


def test_words_that_are_really_unknown_are_found(lm):
    log_probs = spoken(["CAT", "STA", "SAT"], space=0.99)
    (found, *_) = decode(log_probs, TOKENS, lm=lm, lm_weight=1.0, oov_letter_penalty=-3.0)
    assert found.text == "CAT STA SAT"
    assert found.score.bonus == -9.0
    assert found.score.lm == pytest.approx((2 * LOG10_OF_WORD + LOG10_OF_UNKNOWN - 1) * np.log(10))


def test_the_letters_of_hotwords_cost_nothing(lm):
    (found, *_) = decode(spoken(["STA"]), TOKENS, lm=lm, oov_letter_penalty=-3.0, hotwords=[("STA", 2.0)])
    assert (found.text, found.score.bonus) == ("STA", 2.0)
