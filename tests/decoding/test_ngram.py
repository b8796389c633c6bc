import itertools

import numpy as np
import pytest

from asr.decoding.lm import LanguageModel
from asr.decoding.ngram import level_starts, ngram_score

ARPA = """\\data\\
ngram 1=5
ngram 2=4
ngram 3=2

\\1-grams:
-1.2\t<unk>\t0
-99\t<s>\t-0.3
-0.7\t</s>
-0.5\tA\t-0.2
-0.9\tB\t-0.1

\\2-grams:
-0.3\t<s> A\t-0.25
-0.4\tA B\t-0.15
-0.6\tB A\t-0.05
-0.7\tB </s>

\\3-grams:
-0.1\t<s> A B
-0.2\tA B A

\\end\\
"""


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    path = tmp_path_factory.mktemp("lm") / "tiny.arpa"
    path.write_text(ARPA)
    return LanguageModel(path)


def test_a_known_ngram_scores_as_written(lm: LanguageModel) -> None:
    state = ngram_score(lm.arrays, lm.start, lm.index("A"))[1]
    assert ngram_score(lm.arrays, state, lm.index("B"))[0] == pytest.approx(-0.1 * np.log(10))


def test_an_unknown_ngram_pays_the_back_off_of_each_context_that_it_leaves(lm: LanguageModel) -> None:
    score, _ = ngram_score(lm.arrays, ngram_score(lm.arrays, lm.start, lm.index("A"))[1], lm.index("A"))
    assert score == pytest.approx((-0.25 - 0.2 - 0.5) * np.log(10))


def test_a_state_is_the_longest_context_that_can_still_matter(lm: LanguageModel) -> None:
    end_of_sentence = ngram_score(lm.arrays, lm.start, lm.index("</s>"))[1]
    assert end_of_sentence == 0  # nothing follows </s>, and it has no back-off
    after = ngram_score(lm.arrays, lm.start, lm.index("A"))[1]
    after = ngram_score(lm.arrays, after, lm.index("B"))[1]  # of <s> A B there is no continuation; of A B there is
    words = [lm.words[lm.arrays.word[node]] for node in (after, lm.arrays.suffix[after])]
    assert words == ["B", "B"] and level_starts(lm.arrays)[2] <= after < level_starts(lm.arrays)[3]


def test_the_kernel_is_its_python(lm: LanguageModel) -> None:
    for words in itertools.product(range(5), repeat=3):
        state = lm.start
        for word in words:
            compiled = ngram_score(lm.arrays, state, word)
            assert compiled == pytest.approx(ngram_score.py_func(lm.arrays, state, word))
            state = compiled[1]


def test_levels_are_the_orders(lm: LanguageModel) -> None:
    assert level_starts(lm.arrays) == [0, 1, 6, 10, 12]
