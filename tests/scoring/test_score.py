import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import ConfigError, ScoringError
from asr.scoring.counts import Counts, ErrorCounts
from asr.scoring.score import score

texts = st.lists(st.sampled_from(["a", "b", "c"]), max_size=5).map(" ".join)
data_sets = st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(texts, texts), min_size=1, max_size=6)


@given(data_sets, st.randoms())
def test_texts_are_joined_by_id_whatever_their_order(data_set, random):
    references = {name: reference for name, (reference, _) in data_set.items()}
    names = list(data_set)
    random.shuffle(names)
    scores = score(references, {name: data_set[name][1] for name in names})
    expected = jiwer.process_words(*(list(side) for side in zip(*data_set.values(), strict=True)))
    assert scores.counts.words == Counts(expected.hits, expected.substitutions, expected.insertions, expected.deletions)
    assert [utterance.id for utterance in scores.utterances] == list(references)


@given(data_sets, st.data())
def test_groups_add_up_to_the_whole(data_set, data):
    speaker = {name: data.draw(st.sampled_from("xyz")) for name in data_set}
    scores = score(
        {name: reference for name, (reference, _) in data_set.items()},
        {name: hypothesis for name, (_, hypothesis) in data_set.items()},
        groups={"speaker": speaker},
    )
    assert sum(scores.groups["speaker"].values(), start=ErrorCounts()) == scores.counts


def test_a_missing_hypothesis_is_an_error_that_names_it():
    with pytest.raises(ScoringError, match="1 of 2 references has no hypothesis: b: "):
        score({"a": "x", "b": "y z"}, {"a": "x"})


def test_many_missing_hypotheses_are_named_in_part():
    with pytest.raises(ScoringError, match=r"7 of 8 .* u1, u2, u3, u4, u5 and 2 more"):
        score({f"u{i}": "x" for i in range(8)}, {"u0": "x"})


def test_missing_hypotheses_count_as_deletions_when_asked_to_and_shift_nothing():
    scores = score({"a": "x", "b": "y z", "c": "w"}, {"a": "x", "c": "w"}, missing="deletions")
    assert scores.counts.words == Counts(hits=2, deletions=2)
    assert scores.missing == ("b",)


def test_hypotheses_without_a_reference_are_named_and_not_counted():
    scores = score({"a": "x"}, {"a": "x", "z": "much more"})
    assert (scores.extra, scores.wer) == (("z",), 0.0)


@pytest.mark.parametrize("missing", ["error", "deletions"])
def test_files_of_different_data_sets_are_refused(missing):
    with pytest.raises(ScoringError, match=r"no utterance id is common .*'a'.*'z'"):
        score({"a": "x"}, {"z": "x"}, missing=missing)


def test_no_hypotheses_at_all_are_all_deletions():
    assert score({"a": "x y"}, {}, missing="deletions").wer == 1.0


def test_nothing_to_score_has_no_rates():
    scores = score({}, {})
    assert (scores.wer, scores.cer, scores.sentence_error_rate, scores.interval) == (None, None, None, None)


def test_both_sides_are_normalised_and_the_normaliser_is_kept():
    scores = score({"a": "It's late."}, {"a": "it\N{RIGHT SINGLE QUOTATION MARK}s LATE"}, normaliser="basic")
    assert scores.wer == 0.0
    assert (scores.normaliser.name, scores.normaliser.version) == ("basic", 1)


def test_an_unknown_normaliser_is_named():
    with pytest.raises(ConfigError, match="'fancy' is unknown"):
        score({}, {}, normaliser="fancy")


def test_the_interval_is_of_the_seed_asked_for():
    references = {str(i): "a b c" for i in range(20)}
    hypotheses = {str(i): "a b c" if i % 3 else "a x c" for i in range(20)}
    assert score(references, hypotheses, seed=5) == score(references, hypotheses, seed=5)
    interval = score(references, hypotheses, seed=5).interval
    assert interval is not None and interval.seed == 5
    assert interval.low < (7 / 60) < interval.high
