"""Which phones each letter of a word stands for, learned from a dictionary: the first half of guessing pronunciations.

A letter stands for none, one or two phones. How often it stands for which is found by expectation maximisation, all
alignments of a word counting as they are probable; then each word's most probable alignment is taken.
Source: Black, Lenzo & Pagel, "Issues in Building General Letter to Sound Rules" (1998), section 3.2; here a
letter may be any one or two phones, in place of a hand-made list of what it may be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from asr.pronunciation.dictionary import Pronunciation

_ITERATIONS = 5
_WORDS_TO_LEARN_FROM = 20_000  # of a larger dictionary, evenly spread; more change next to nothing
_LONGEST = 30  # letters; products of more probabilities may be too small for a float64
_TWO_PHONES_AT_FIRST = 0.01  # how much less probable than one or none they start


@dataclass(frozen=True)
class Alphabet:
    """Numbers for letters and for what a letter stands for.

    What a letter stands for is a *slot*: 0 is nothing, then come the phones, then the pairs of phones.
    """

    letters: tuple[str, ...]
    phones: tuple[str, ...]

    @property
    def num_slots(self) -> int:
        """Slots a letter may have."""
        return 1 + len(self.phones) + len(self.phones) ** 2

    def sounds(self, slot: int) -> Pronunciation:
        """Return the phones of a slot.

        >>> Alphabet(("x",), ("K", "S")).sounds(4)
        ('K', 'S')
        """
        number = len(self.phones)
        if slot == 0:
            return ()
        if slot <= number:
            return (self.phones[slot - 1],)
        first, second = divmod(slot - 1 - number, number)
        return self.phones[first], self.phones[second]


@dataclass(frozen=True)
class _Group:
    """Words of one length: B words of L letters, P the most phones of one.

    Attributes:
        letters: [B, L] numbers.
        num_phones: [B].
        one: [B, P] slot of each phone; past a word's last it means nothing.
        two: [B, P - 1] slot of each phone with the next.
    """

    letters: np.ndarray
    num_phones: np.ndarray
    one: np.ndarray
    two: np.ndarray

    def weights(self, position: int, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the probability that a letter stands for nothing [B, 1], each phone [B, P], each pair [B, P - 1]."""
        letter = self.letters[:, position, None]
        return table[letter, 0], table[letter, self.one], table[letter, self.two]


def align(entries: Sequence[tuple[str, Pronunciation]], alphabet: Alphabet) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for groups of words of equal length, letters [B, L] and the slot of each [B, L].

    Args:
        entries: words and pronunciations, of the letters and phones of ``alphabet``.
        alphabet: what the numbers mean.

    Words with more than two phones a letter (W: double-u) are left out, and very long ones.
    """
    entries = [entry for entry in entries if len(entry[0]) <= _LONGEST and len(entry[1]) <= 2 * len(entry[0])]
    if not entries:
        return
    every = -(-len(entries) // _WORDS_TO_LEARN_FROM)
    sample = list(_groups(entries[::every], alphabet))
    table: np.ndarray = np.ones((len(alphabet.letters), alphabet.num_slots))
    table[:, 1 + len(alphabet.phones) :] = _TWO_PHONES_AT_FIRST
    for _ in range(_ITERATIONS):
        counts = np.sum([_expected_counts(group, table) for group in sample], axis=0)
        table = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    # What the sample did not show may be all that spells a word.
    table = np.maximum(table, 1e-9)
    for group in _groups(entries, alphabet):
        yield group.letters, _best_slots(group, table)


def _groups(entries: Sequence[tuple[str, Pronunciation]], alphabet: Alphabet) -> Iterator[_Group]:
    letter_of = {letter: number for number, letter in enumerate(alphabet.letters)}
    phone_of = {phone: number for number, phone in enumerate(alphabet.phones)}
    by_length: dict[int, list[tuple[str, Pronunciation]]] = {}
    for entry in entries:
        by_length.setdefault(len(entry[0]), []).append(entry)
    for _, members in sorted(by_length.items()):
        num_phones = np.array([len(phones) for _, phones in members])
        phones = np.zeros((len(members), max(2, num_phones.max())), np.int64)
        for row, (_, pronunciation) in enumerate(members):
            phones[row, : len(pronunciation)] = [phone_of[phone] for phone in pronunciation]
        yield _Group(
            letters=np.array([[letter_of[letter] for letter in word] for word, _ in members]),
            num_phones=num_phones,
            one=1 + phones,
            two=1 + len(phone_of) * (1 + phones[:, :-1]) + phones[:, 1:],
        )


def _expected_counts(group: _Group, table: np.ndarray) -> np.ndarray:
    """Return how often each letter has each slot [letters, slots], by the forward-backward algorithm."""
    rows, length = group.letters.shape
    forward = np.zeros((length + 1, rows, group.one.shape[1] + 1))  # phones used up so far, after each letter
    forward[0, :, 0] = 1.0
    weights = [group.weights(position, table) for position in range(length)]
    for position, (none, one, two) in enumerate(weights):
        before, after = forward[position], forward[position + 1]
        after += before * none
        after[:, 1:] += before[:, :-1] * one
        after[:, 2:] += before[:, :-2] * two
    backward = np.zeros_like(forward[0])
    every = np.arange(rows)
    backward[every, group.num_phones] = 1.0 / forward[length, every, group.num_phones]
    counts = np.zeros(table.size)
    for position in reversed(range(length)):
        (none, one, two), before = weights[position], forward[position]
        shares = (
            (np.zeros_like(before, np.int64), before * none * backward),
            (group.one, before[:, :-1] * one * backward[:, 1:]),
            (group.two, before[:, :-2] * two * backward[:, 2:]),
        )
        first = group.letters[:, position, None] * table.shape[1]
        for slots, share in shares:
            counts += np.bincount((first + slots).ravel(), share.ravel(), minlength=table.size)
        backward, later = backward * none, backward
        backward[:, :-1] += later[:, 1:] * one
        backward[:, :-2] += later[:, 2:] * two
    return counts.reshape(table.shape)


def _best_slots(group: _Group, table: np.ndarray) -> np.ndarray:
    """Return the slots [B, L] of each word's most probable alignment."""
    rows, length = group.letters.shape
    best = np.zeros((rows, group.one.shape[1] + 1))
    best[:, 0] = 1.0
    taken = np.zeros((length, *best.shape), np.int8)  # phones that the letter stands for on the best way there
    for position in range(length):
        none, one, two = group.weights(position, table)
        ways = np.zeros((3, *best.shape))
        ways[0] = best * none
        ways[1, :, 1:] = best[:, :-1] * one
        ways[2, :, 2:] = best[:, :-2] * two
        taken[position] = ways.argmax(axis=0)
        best = ways.max(axis=0)
    slots = np.zeros((rows, length), np.int64)
    every, end = np.arange(rows), group.num_phones.copy()
    for position in reversed(range(length)):
        number = taken[position, every, end]
        end = end - number
        single = group.one[every, np.minimum(end, group.one.shape[1] - 1)]
        double = group.two[every, np.minimum(end, group.two.shape[1] - 1)]
        slots[:, position] = np.select([number == 1, number == 2], [single, double])
    return slots
