import numpy as np
import pytest

from asr.scoring.interval import Interval, bootstrap_difference, bootstrap_interval, sums_by
from tests.reference_scoring import resampled_rates


def simulated_test_set(seed: int, num_utterances: int, true_rate: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Errors and words of utterances of 3 to 34 words, each with an error rate of its own around the true one."""
    rng = np.random.default_rng(seed)
    words = rng.integers(3, 35, size=num_utterances)
    return rng.binomial(words, rng.beta(1.0, 1 / true_rate - 1, size=num_utterances)), words


def test_the_same_seed_gives_the_same_interval():
    errors, words = simulated_test_set(0, 50)
    assert bootstrap_interval(errors, words, seed=3) == bootstrap_interval(errors, words, seed=3)
    assert bootstrap_interval(errors, words, seed=3) != bootstrap_interval(errors, words, seed=4)


@pytest.mark.slow
@pytest.mark.parametrize("true_rate", [0.1, 0.2])
def test_95_of_100_intervals_hold_the_true_rate(true_rate):
    held = 0
    for seed in range(1000):
        interval = bootstrap_interval(*simulated_test_set(seed, 200, true_rate), num_resamples=1000)
        assert interval is not None
        held += interval.low <= true_rate <= interval.high
    assert 930 <= held <= 970  # as asked for; a binomial of 1000 has a standard deviation of 7


@pytest.mark.parametrize("num_kinds", [3, 400])  # drawn as counts of kinds, and one by one
def test_intervals_are_those_of_drawing_one_by_one(num_kinds):
    rng = np.random.default_rng(0)
    words = rng.integers(10, 10 + num_kinds, size=400)
    errors = np.minimum(rng.integers(0, 3, size=400), words)
    interval = bootstrap_interval(errors, words)
    assert interval is not None
    expected = np.quantile(resampled_rates(errors, words, 500, rng), [0.025, 0.975])
    # The quantiles of 500 resamples vary by a tenth of the interval's width.
    assert [interval.low, interval.high] == pytest.approx(expected, abs=0.2 * (interval.high - interval.low))


def test_more_utterances_give_a_narrower_interval():
    few, many = (bootstrap_interval(*simulated_test_set(1, size)) for size in (50, 800))
    assert few is not None and many is not None
    assert (many.high - many.low) < (few.high - few.low) / 2


def test_utterances_all_alike_leave_no_doubt():
    assert bootstrap_interval(np.full(9, 1), np.full(9, 4)) == Interval(0.25, 0.25, 0.95, "utterance", 0)


@pytest.mark.parametrize(("errors", "words"), [([], []), ([1], [4]), ([1, 2], [0, 0])])
def test_nothing_to_estimate_from_gives_no_interval(errors, words):
    assert bootstrap_interval(np.array(errors), np.array(words)) is None
    assert bootstrap_difference((np.array(errors), np.array(errors)), np.array(words)) is None


def test_resamples_without_words_are_left_out():
    interval = bootstrap_interval(np.array([1, 2]), np.array([4, 0]))
    assert interval is not None and np.isfinite([interval.low, interval.high]).all()


def test_sums_are_by_name_in_the_order_of_appearance():
    errors, words = sums_by(["b", "a", "b"], np.array([1, 2, 3]), np.array([4, 5, 6]))
    assert errors.tolist() == [4, 2]
    assert words.tolist() == [10, 5]


def test_speakers_who_differ_make_the_interval_by_speaker_wider():
    words = np.full(200, 10)
    errors = np.repeat([0, 1, 2, 3], 50)
    speakers = np.repeat([f"s{i}" for i in range(20)], 10).tolist()
    by_utterance = bootstrap_interval(errors, words)
    by_speaker = bootstrap_interval(*sums_by(speakers, errors, words), unit="speaker")
    assert by_utterance is not None and by_speaker is not None and by_speaker.unit == "speaker"
    assert by_speaker.high - by_speaker.low > 2 * (by_utterance.high - by_utterance.low)


def test_a_paired_difference_is_surer_than_the_two_rates():
    errors, words = simulated_test_set(0, 200)
    fewer = np.maximum(errors - 1, 0)
    difference = bootstrap_difference((errors, fewer), words)
    alone = bootstrap_interval(errors, words)
    assert difference is not None and alone is not None
    assert difference.value == pytest.approx((fewer.sum() - errors.sum()) / words.sum())
    assert difference.interval.low < difference.value < difference.interval.high < 0
    assert difference.interval.high - difference.interval.low < (alone.high - alone.low) / 2
    assert difference.probability_of_improvement == 1.0


def test_a_system_is_no_better_than_itself():
    errors, words = simulated_test_set(0, 30)
    difference = bootstrap_difference((errors, errors), words)
    assert difference is not None
    assert (difference.value, difference.interval.low, difference.probability_of_improvement) == (0.0, 0.0, 0.0)
