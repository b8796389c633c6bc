import json
import random
from pathlib import Path

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.scoring.counts import Counts, ErrorCounts, align, count_all_errors, count_errors

texts = st.lists(st.sampled_from(["a", "b", "cd", "é", "(x)"]), max_size=6).map(" ".join)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=5)


@given(pairs)
def test_totals_are_jiwers(pairs):
    references, hypotheses = zip(*pairs, strict=True)
    counts = count_all_errors(references, hypotheses)
    words = jiwer.process_words(list(references), list(hypotheses))
    characters = jiwer.process_characters(list(references), list(hypotheses))
    for ours, theirs in ((counts.words, words), (counts.characters, characters)):
        expected = Counts(theirs.hits, theirs.substitutions, theirs.insertions, theirs.deletions)
        assert ours == expected
    if any(references):
        assert counts.wer == pytest.approx(words.wer)
        assert counts.cer == pytest.approx(characters.cer)
        assert counts.words.match_error_rate == pytest.approx(words.mer)
        assert counts.words.information_preserved == pytest.approx(words.wip)


@given(pairs, st.integers(0, 5))
def test_counts_add_up_over_any_grouping(pairs, cut):
    references, hypotheses = zip(*pairs, strict=True)
    whole = count_all_errors(references, hypotheses)
    assert whole == count_all_errors(references[:cut], hypotheses[:cut]) + count_all_errors(
        references[cut:], hypotheses[cut:]
    )
    assert whole == sum((count_errors(*pair) for pair in pairs), start=ErrorCounts())


@given(pairs)
def test_aligned_words_are_both_texts_in_order(pairs):
    references, hypotheses = zip(*pairs, strict=True)
    for (counts, words), (reference, hypothesis) in zip(align(references, hypotheses), pairs, strict=True):
        assert " ".join(word for word, _ in words if word is not None) == reference
        assert " ".join(word for _, word in words if word is not None) == hypothesis
        assert sum(a == b for a, b in words) == counts.words.hits


def test_insertions_on_silence_are_counted_and_its_rates_are_undefined():
    counts = count_errors("", "so it goes")
    assert counts.words == Counts(insertions=3)
    assert (counts.wer, counts.cer, counts.words.information_preserved) == (None, None, None)
    assert counts.sentence_error_rate == 1.0
    assert (counts + count_errors("a b c", "a b c")).wer == 1.0


def test_silence_heard_as_silence_is_right():
    counts = count_errors(" ", "")
    assert (counts.wrong_utterances, counts.wer, counts.words.match_error_rate) == (0, None, None)


def test_no_utterances_have_no_rates():
    assert ErrorCounts().sentence_error_rate is None
    assert count_all_errors([], []) == ErrorCounts()


def test_white_space_is_no_difference():
    assert count_errors("a  b\tc", " a b\u00a0c ").wrong_utterances == 0


def test_totals_are_jiwers_on_an4_and_on_1000_random_pairs():
    path = Path(__file__).parents[2] / "recipes/an4/results/greedy/hypotheses.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rng = random.Random(0)
    an4 = [(row["reference"], row["text"]) for row in rows]
    made_up = [[" ".join(rng.choices("abc", k=rng.randint(1, 20))) for _ in "12"] for _ in range(1000)]
    for pairs in (an4, made_up):
        references, hypotheses = map(list, zip(*pairs, strict=True))
        counts = count_all_errors(references, hypotheses)
        words, characters = (
            getattr(jiwer, name)(references, hypotheses) for name in ("process_words", "process_characters")
        )
        for ours, theirs in ((counts.words, words), (counts.characters, characters)):
            assert ours == Counts(theirs.hits, theirs.substitutions, theirs.insertions, theirs.deletions)
