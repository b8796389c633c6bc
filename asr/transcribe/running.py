"""Log-probabilities without end in, words out as they get certain, in constant memory.

An utterance ends where nothing has been said for a while: blank, or a space, is the most probable label of each frame.
The search then says what it has found, and starts anew. Where nobody pauses, words on which the whole beam agrees are
given out up to a pause between two of them; the search goes on from there with all that it carries. So what is found
does not depend on the portions in which the frames come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from asr.config import EndpointConfig
from asr.decoding.align import Alignment, align, align_greedily, separators
from asr.decoding.annotate import annotate
from asr.decoding.calibration import Calibration
from asr.decoding.hypothesis import Hypothesis, Partial, Word
from asr.decoding.word_times import FrameClock
from asr.errors import UtteranceError
from asr.tokens import BLANK, Tokens, WordLabels

_NEXT_TRY = 0.25  # of the longest utterance, after which one that could not be cut is looked at again
_GIVE_UP = 2  # longest utterances, after which words are settled that are not certain yet


class Ongoing(Protocol):
    """A search of one utterance; `asr.decoding.incremental.IncrementalDecoder` says what each does."""

    @property
    def num_ended(self) -> int:
        """How many words of `best` can be forgotten."""
        ...

    def feed(self, log_probs: np.ndarray) -> None:
        """Take more frames."""
        ...

    def hypotheses(self, num_best: int | None = None) -> list[Hypothesis]:
        """Return what was said if the utterance ends here, best first."""
        ...

    def partial(self) -> Partial:
        """Return what is certain, and the best text."""
        ...

    def best(self) -> Hypothesis:
        """Return the best hypothesis, without a second pass."""
        ...

    def forget(self, num_words: int) -> None:
        """Go on after the first words of `best`."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """Words that will not change any more.

    Attributes:
        text: the words.
        words: with times in seconds from the file's start, and confidence.
    """

    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Decoding:
    """All that a search of running speech needs.

    Attributes:
        tokens: the labels.
        start: starts the search of an utterance.
        endpoint: where utterances end.
        calibration: of confidence.
    """

    tokens: Tokens
    start: Callable[[], Ongoing]
    endpoint: EndpointConfig
    calibration: Calibration


class RunningText:
    """The text of one recording as its log-probabilities come."""

    def __init__(self, decoding: Decoding, clock: FrameClock) -> None:
        """Start a recording whose frames the clock tells."""
        self._decoding, self._clock = decoding, clock
        self._between = [BLANK, *separators(decoding.tokens)]
        self._shortest, self._longest, self._silence = (
            max(1, round(seconds / clock.seconds_per_frame))
            for seconds in (decoding.endpoint.min_s, decoding.endpoint.max_s, decoding.endpoint.silence_s)
        )
        self._first = 0  # number of the frame that the utterance begins with
        self._log_probs = np.zeros((0, len(decoding.tokens)), np.float32)  # of the utterance, and what comes after it
        self._silences = np.zeros((0, 2))
        self._said_until = clock.start
        self._start_utterance()

    def _start_utterance(self) -> None:
        self._search = self._decoding.start()
        self._num_searched = self._num_quiet = 0
        self._next_try = self._longest

    def feed(self, log_probs: np.ndarray, silences: np.ndarray) -> Iterator[Said]:
        """Take frames [T, V] and yield what is certain by now.

        Args:
            log_probs: natural log.
            silences: [R, 2] of these frames, by loudness, in frames from the recording's first.

        Raises:
            UtteranceError: the frames allow no word sequence of the lexicon.
        """
        self._log_probs = np.concatenate([self._log_probs, log_probs])
        self._silences = np.concatenate([self._silences, silences])
        while (stop := self._next_event()) is not None:
            self._search_until(stop)
            if self._num_quiet >= self._silence and self._num_searched >= self._shortest:
                yield from self._ended()
            else:
                yield from self._settled()
        self._search_until(len(self._log_probs))

    def partial(self) -> Partial:
        """Return what is known of the words that are not given out yet."""
        return self._search.partial()

    def end(self, seconds: float | None = None) -> Iterator[Said]:
        """Yield what is left; no time is after ``seconds``, the recording's end."""
        self._clock = replace(self._clock, end=seconds)
        yield from self._ended()

    def _next_event(self) -> int | None:
        """Return after which frame an utterance ends or is so long that it is looked at; None: after none of these."""
        new = self._log_probs[self._num_searched :]
        quiet = np.isin(new.argmax(axis=1), self._between)
        # How many quiet frames in a row end with each; those before the first count on.
        numbers = np.arange(1, len(new) + 1)
        last_loud = np.maximum.accumulate(np.where(quiet, -self._num_quiet, numbers))
        lengths = self._num_searched + numbers
        is_event = (numbers - last_loud >= self._silence) & (lengths >= self._shortest) | (lengths >= self._next_try)
        return self._num_searched + int(is_event.argmax()) + 1 if is_event.any() else None

    def _search_until(self, stop: int) -> None:
        new = self._log_probs[self._num_searched : stop]
        self._search.feed(new)
        loud = np.flatnonzero(~np.isin(new.argmax(axis=1), self._between))
        self._num_quiet = len(new) - 1 - int(loud[-1]) if len(loud) else self._num_quiet + len(new)
        self._num_searched = stop

    def _ended(self) -> Iterator[Said]:
        """Say what the utterance is, and start the next one."""
        count = self._num_searched
        hypotheses = self._search.hypotheses()
        if hypotheses[0].text:
            yield self._said(hypotheses, count)
        self._leave(count)
        self._start_utterance()

    def _settled(self) -> Iterator[Said]:
        """Say the words of a long utterance that are certain, up to a pause; the search goes on."""
        later = max(1, round(_NEXT_TRY * self._longest))
        self._next_try = self._num_searched + later
        stable = len(self._search.partial().stable.split())
        if not stable and self._num_searched >= _GIVE_UP * self._longest:
            stable = self._search.num_ended
        if stable:
            best = self._search.best()
            num_words, cut = self._pause(best, min(stable, self._search.num_ended))
            yield self._said([self._beginning(best, num_words)], cut)
            self._search.forget(num_words)
            self._leave(cut)
            self._num_searched -= cut
            self._next_try = max(self._longest, self._num_searched + later)

    def _pause(self, best: Hypothesis, num_words: int) -> tuple[int, int]:
        """Return how many of the first words to give out, and the frame in the pause after them: the longest one.

        Not among the first half of the words, so that some are given out.
        """
        spans, alignment = self._aligned(best)
        if alignment is None:
            return num_words, self._num_searched
        ends = alignment.ends[[span.last for span in spans[:num_words]]]
        starts = [*alignment.starts[[span.first for span in spans[1 : num_words + 1]]].tolist(), self._num_searched]
        pauses = np.array(starts[:num_words]) - ends
        pauses[: num_words // 2] = -1
        chosen = len(pauses) - 1 - int(pauses[::-1].argmax())  # the last of the longest
        end, start = int(ends[chosen]), int(starts[chosen])
        between = self._log_probs[end:start].argmax(axis=1)
        spaces = end + np.flatnonzero(between != BLANK) + 1  # so that the next word does not begin with one
        return chosen + 1, max((end + start + 1) // 2, *spaces.tolist(), end)

    def _aligned(self, best: Hypothesis) -> tuple[list[WordLabels], Alignment | None]:
        tokens, log_probs = self._decoding.tokens, self._log_probs[: self._num_searched]
        try:
            known = None if tokens.decode(best.tokens) == best.text else best.text
            alignment = align_greedily(log_probs, best.tokens)
            alignment = alignment or align(log_probs, best.tokens, separators=separators(tokens))
            return tokens.words(best.tokens, known), alignment
        except UtteranceError:
            return [], None

    def _beginning(self, best: Hypothesis, num_words: int) -> Hypothesis:
        """Return the first words of a hypothesis, with their labels."""
        tokens = self._decoding.tokens
        text = " ".join(best.text.split()[:num_words])
        try:
            known = None if tokens.decode(best.tokens) == best.text else best.text
            labels = best.tokens[: tokens.words(best.tokens, known)[num_words - 1].last + 1]
        except UtteranceError:
            labels = best.tokens
        return replace(best, text=text, tokens=labels)

    def _said(self, hypotheses: list[Hypothesis], count: int) -> Said:
        """Return the best hypothesis of the utterance's first frames, with times."""
        decoding, first, step = self._decoding, self._first, self._clock.seconds_per_frame
        end = self._clock.seconds(first + count)
        clock = FrameClock(step, self._clock.offset + first * step, self._said_until, max(end, self._said_until))
        silences = self._silences[(self._silences[:, 1] > first) & (self._silences[:, 0] < first + count)] - first
        log_probs = self._log_probs[:count]
        best = annotate(hypotheses, log_probs, decoding.tokens, clock, decoding.calibration, silences)
        # A word without times has those of all.
        words = tuple(
            word if word.start is not None else replace(word, start=clock.start, end=clock.end) for word in best.words
        )
        self._said_until = max([clock.start, *(word.end for word in words if word.end is not None)])
        return Said(best.text, words)

    def _leave(self, count: int) -> None:
        """Go on after so many frames."""
        self._first += count
        self._log_probs = self._log_probs[count:]
        self._silences = self._silences[self._silences[:, 1] > self._first]
