import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.pronunciation.grams import END, START, UNSEEN, count_grams

ORDER, NUM_SYMBOLS = 3, 5
SEQUENCES = st.lists(st.lists(st.integers(2, NUM_SYMBOLS - 1), max_size=4), min_size=1, max_size=5)


def grams_of(sequences):
    framed = [[START] * (ORDER - 1) + sequence + [END] for sequence in sequences]
    stream = np.array(list(itertools.chain(*framed)))
    places = np.array([place for sequence in framed for place in range(len(sequence))])
    return count_grams(stream, places, NUM_SYMBOLS, ORDER)


def prob(grams, history, symbol):
    """Return p(symbol | history): of the longest n-gram that was seen, else backed off."""
    number = 0
    for length, one in enumerate(history):
        number = int(grams[length].find(np.array([number * NUM_SYMBOLS + one]))[0])
        if number == UNSEEN:
            return prob(grams, history[1:], symbol)
    found = int(grams[len(history)].find(np.array([number * NUM_SYMBOLS + symbol]))[0])
    if found != UNSEEN:
        return np.exp(grams[len(history)].log_probs[found])
    if not history:
        return 0.0  # seen nowhere
    return np.exp(grams[len(history) - 1].backoffs[number]) * prob(grams, history[1:], symbol)


@given(SEQUENCES, st.lists(st.integers(2, NUM_SYMBOLS - 1), max_size=ORDER - 1))
def test_after_every_history_the_probabilities_sum_to_one(sequences, history):
    grams = grams_of(sequences)
    for past in (history, [START] * (ORDER - 1)):
        assert sum(prob(grams, past, symbol) for symbol in range(1, NUM_SYMBOLS)) == pytest.approx(1.0)


def test_probabilities_are_those_worked_out_by_hand():
    grams = grams_of([[2, 3], [2, 3], [4, 3]])
    # How many different symbols each was seen after, of five: 2 and 4 after START, 3 after 2 and 4, END after 3.
    assert [prob(grams, [], symbol) for symbol in (2, 3, 4, END)] == pytest.approx([0.2, 0.4, 0.2, 0.2])
    # After 2 only 3 was seen, in one context: the discount 0.8 of it goes to the shorter model.
    assert prob(grams, [2], 3) == pytest.approx(0.2 + 0.8 * 0.4)
    # Of the longest n-grams, START 2 3 was seen twice.
    assert prob(grams, [START, 2], 3) == pytest.approx(1.2 / 2 + 0.8 / 2 * (0.2 + 0.8 * 0.4))
