"""Decoding as the frames come: the part that is certain, the best text so far, and a state that can be put away."""

from collections.abc import Mapping

import numpy as np

from asr.decoding.hypothesis import Hypothesis, Partial, check_log_probs
from asr.decoding.search import Search
from asr.decoding.search_state import State, copy_into, used_rows
from asr.errors import ShapeError

_SEARCH = "search"  # in a saved state: which search it is of


class IncrementalDecoder:
    """One utterance being decoded: frames go in, in any portions, and the result does not depend on the portions.

    decoder = decoding.incremental()
    for log_probs in portions:
        decoder.feed(log_probs)
        print(decoder.partial().stable)
    best = decoder.hypotheses()[0]
    """

    def __init__(self, search: Search) -> None:
        """Start an utterance."""
        self._search = search
        self._state = search.start()

    def feed(self, log_probs: np.ndarray) -> None:
        """Take more frames.

        Args:
            log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.

        Raises:
            ShapeError: ``log_probs`` is not as above.
            UtteranceError: the frames allow no word sequence of the lexicon.
        """
        log_probs = check_log_probs(log_probs, self._search.vocabulary.tokens)
        self._state = self._search.advance(self._state, log_probs)

    def hypotheses(self, num_best: int | None = None) -> list[Hypothesis]:
        """Return what the frames so far say if the utterance ends with them, best first; more frames may follow.

        Args:
            num_best: hypotheses at most; None: as many as the beam holds.
        """
        self._state, finals = self._search.finals(self._state)
        most = self._search.settings.beam_size if num_best is None else num_best
        return [self._search.hypothesis(self._state, final) for final in finals[:most]]

    def partial(self) -> Partial:
        """Return what is certain, and the best text so far."""
        return Partial(self._search.stable(self._state), self.best().text)

    def best(self) -> Hypothesis:
        """Return the best hypothesis so far by the search itself."""
        self._state, finals = self._search.finals(self._state)
        return self._search.hypothesis(self._state, finals[0])

    @property
    def num_ended(self) -> int:
        """How many words of `best` have surely ended: those that `forget` can take."""
        self._state, count = self._search.num_ended(self._state)
        return count

    def forget(self, num_words: int) -> None:
        """Settle on the first words of `best`, and give out only what comes after them.

        So an utterance without end takes no more memory than its last words. Where the words are stable, those after
        them are found as if nothing had been forgotten; a score stays that of the whole utterance.

        Args:
            num_words: at least 1, at most `num_ended`.

        Raises:
            ShapeError: there are not so many.
        """
        if not 1 <= num_words <= self.num_ended:
            raise ShapeError(f"{num_words} words to forget, and {self.num_ended} have ended: take no more than these")
        self._state = self._search.forget(self._state, num_words)

    def save(self) -> dict[str, np.ndarray]:
        """Return a copy of the state, for `restore` and for ``numpy.savez``."""
        saved = {name: getattr(self._state, name)[:rows].copy() for name, rows in used_rows(self._state).items()}
        return saved | {_SEARCH: self._digest()}

    def restore(self, saved: Mapping[str, np.ndarray]) -> None:
        """Go on from a state that a decoder of the same search has saved.

        Raises:
            ShapeError: it is not such a state.
        """
        try:
            state = State(**{name: np.array(saved[name]) for name in State._fields})
            if not np.array_equal(saved[_SEARCH], self._digest()):
                raise ShapeError(
                    "the saved state is of another search: restore it with the same tokens, words, models and settings"
                )
            fresh = self._search.start()
            fits = all(
                (old.dtype, old.shape[1:], len(old)) == (new.dtype, new.shape[1:], rows)
                for old, new, rows in zip(state, fresh, used_rows(state).values(), strict=True)
            )
        except (KeyError, ValueError) as error:
            raise ShapeError(f"not a saved state of a search ({error}): give what save returned") from error
        if not fits or len(state.beam) > len(fresh.beam):
            raise ShapeError("the saved state is damaged: give what save returned")
        self._state = copy_into(state, self._search.enlarged(state))

    def _digest(self) -> np.ndarray:
        return np.frombuffer(self._search.digest, np.uint8)
