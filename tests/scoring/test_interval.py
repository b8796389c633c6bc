import numpy as np
import pytest

from asr.scoring.interval import Interval, bootstrap_interval


def simulated_test_set(seed: int, num_utterances: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors and words of utterances of 5 to 14 words, each with an error rate of its own around 10 %."""
    rng = np.random.default_rng(seed)
    words = rng.integers(5, 15, size=num_utterances)
    return rng.binomial(words, rng.beta(1.0, 9.0, size=num_utterances)), words


def test_the_same_seed_gives_the_same_interval():
    errors, words = simulated_test_set(0, 50)
    assert bootstrap_interval(errors, words, seed=3) == bootstrap_interval(errors, words, seed=3)
    assert bootstrap_interval(errors, words, seed=3) != bootstrap_interval(errors, words, seed=4)


def test_about_95_of_100_intervals_hold_the_true_rate():
    held = 0
    for seed in range(100):
        interval = bootstrap_interval(*simulated_test_set(seed, 100))
        assert interval is not None
        held += interval.low <= 0.1 <= interval.high
    assert 88 <= held <= 100  # 95 expected; a binomial of 100 has a standard deviation of 2.2


def test_more_utterances_give_a_narrower_interval():
    few, many = (bootstrap_interval(*simulated_test_set(1, size)) for size in (50, 800))
    assert few is not None and many is not None
    assert (many.high - many.low) < (few.high - few.low) / 2


def test_utterances_all_alike_leave_no_doubt():
    assert bootstrap_interval(np.full(9, 1), np.full(9, 4)) == Interval(0.25, 0.25, 0.95, "utterance", 0)


@pytest.mark.parametrize(("errors", "words"), [([], []), ([1], [4]), ([1, 2], [0, 0])])
def test_nothing_to_estimate_from_gives_no_interval(errors, words):
    assert bootstrap_interval(np.array(errors), np.array(words)) is None


def test_resamples_without_words_are_left_out():
    interval = bootstrap_interval(np.array([1, 2]), np.array([4, 0]))
    assert interval is not None and np.isfinite([interval.low, interval.high]).all()
