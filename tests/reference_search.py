"""The search by definition: every path is gone through, and a textbook beam is a dictionary; nothing here is fast."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.reference import collapse_by_definition

Words = tuple[str, ...]


@dataclass
class Bigram:
    """A language model of one and two words with back-off, natural logarithms."""

    unigrams: dict[str, float]
    backoffs: dict[str, float]
    bigrams: dict[tuple[str, str], float]

    def log_prob(self, before: str, word: str) -> float:
        before, word = (w if w in self.unigrams else "<unk>" for w in (before, word))
        if (before, word) in self.bigrams:
            return self.bigrams[before, word]
        return self.backoffs.get(before, 0.0) + self.unigrams[word]

    def sentence(self, words: Sequence[str]) -> float:
        return self.start_of_sentence(words) + self.log_prob(words[-1] if words else "<s>", "</s>")

    def start_of_sentence(self, words: Sequence[str]) -> float:
        return sum(self.log_prob(*pair) for pair in itertools.pairwise(["<s>", *words]))

    def arpa(self) -> str:
        lines = ["\\data\\", f"ngram 1={len(self.unigrams)}", f"ngram 2={len(self.bigrams)}", "", "\\1-grams:"]
        log10 = math.log(10)
        for word, value in self.unigrams.items():
            lines.append(f"{value / log10:.9f}\t{word}\t{self.backoffs.get(word, 0.0) / log10:.9f}")
        lines += ["", "\\2-grams:"]
        lines += [f"{value / log10:.9f}\t{' '.join(pair)}" for pair, value in self.bigrams.items()]
        return "\n".join([*lines, "", "\\end\\", ""])


def random_bigram(words: Sequence[str], seed: int = 0) -> Bigram:
    """Any numbers do: nothing here needs them to sum to one."""
    rng = np.random.default_rng(seed)
    vocabulary = ["<unk>", "<s>", "</s>", *words]
    unigrams = {word: float(rng.uniform(-4, -0.5)) for word in vocabulary}
    backoffs = {word: float(rng.uniform(-1, 0)) for word in vocabulary if word != "</s>"}
    pairs = [pair for pair in itertools.product(vocabulary, repeat=2) if pair[0] != "</s>" and pair[1] != "<s>"]
    bigrams = {pair: float(rng.uniform(-4, 0)) for pair in pairs if rng.random() < 0.4}
    return Bigram(unigrams, backoffs, bigrams)


@dataclass
class Definition:
    """What a search is to find, in words.

    Attributes:
        labels: the tokens, blank first.
        kind: "characters", "bpe" or "phones".
        lexicon: for each word its spellings in labels, or None; with ``by_text`` a word is spelled by its text only.
        lm: over words, or over labels (a space is "|") with ``lm_unit`` "token".
        hotwords: phrases, each a tuple of words, and their boosts.
    """

    labels: Sequence[str]
    kind: str = "characters"
    lexicon: Mapping[str, Sequence[Sequence[int]]] | None = None
    by_text: bool = False
    lm: Bigram | None = None
    lm_unit: str = "word"
    lm_weight: float = 0.0
    word_bonus: float = 0.0
    blank_penalty: float = 0.0
    oov_penalty: float = 0.0
    oov_letter_penalty: float = 0.0
    hotwords: Sequence[tuple[Words, float]] = field(default_factory=list)

    def bonus(self, words: Words) -> float:
        unknown = [w for w in words if self.lm and self.lm_unit == "word" and w not in self.lm.unigrams]
        found = [
            boost
            for phrase, boost in self.hotwords
            for start in range(len(words))
            if words[start : start + len(phrase)] == phrase
        ]
        letters = sum(self.letters_of_unlisted(word) for word in unknown)
        penalties = self.oov_penalty * len(unknown) + self.oov_letter_penalty * letters
        return self.word_bonus * len(words) + penalties + sum(found)

    def letters_of_unlisted(self, word: str) -> int:
        """Return the length of a word that no list has: a phone, where words are phones, is one letter."""
        if self.lexicon is not None or any(word in phrase for phrase, _ in self.hotwords):
            return 0
        return 1 if self.kind == "phones" else len(word)

    def penalised(self, log_probs: np.ndarray) -> np.ndarray:
        logits = log_probs - self.blank_penalty * (np.arange(log_probs.shape[1]) == 0)
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

    def lm_score(self, words: Words, path: Sequence[int], *, end: bool = True) -> float:
        if self.lm is None:
            return 0.0
        units = words if self.lm_unit == "word" else tuple("|" if c in self.spaces else self.labels[c] for c in path)
        return self.lm_weight * (self.lm.sentence(units) if end else self.lm.start_of_sentence(units))

    @property
    def spaces(self) -> list[int]:
        return [c for c, label in enumerate(self.labels) if self.kind == "characters" and label.isspace()]

    def text(self, path: Sequence[int]) -> str:
        if self.kind == "phones":
            return " ".join(self.labels[c] for c in path)
        return " ".join("".join(self.labels[c] for c in path).replace("\u2581", " ").split())

    def normal(self, path: Sequence[int]) -> tuple[int, ...]:
        """Without spaces at the ends and after spaces."""
        kept: list[int] = []
        for c in path:
            space = c in self.spaces or self.labels[c] == "\u2581"
            before = not kept or kept[-1] in self.spaces or self.labels[kept[-1]] == "\u2581"
            if not (space and before):
                kept.append(c)
        while kept and (kept[-1] in self.spaces or self.labels[kept[-1]] == "\u2581"):
            kept.pop()
        return tuple(kept)

    def readings(self, path: tuple[int, ...]) -> list[Words]:
        """Every way in which labels say words."""
        if self.lexicon is None or self.by_text:
            words = tuple(self.text(path).split())
            return [words] if self.lexicon is None or all(word in self.lexicon for word in words) else []
        if self.spaces:
            groups = [tuple(g) for space, g in itertools.groupby(path, key=lambda c: c in self.spaces) if not space]
            choices = [[w for w, ways in self.lexicon.items() if g in map(tuple, ways)] for g in groups]
            return list(itertools.product(*choices))
        if not path:
            return [()]
        return [
            (word, *rest)
            for word, ways in self.lexicon.items()
            for way in ways
            if path[: len(way)] == tuple(way)
            for rest in self.readings(path[len(way) :])
        ]


def hypotheses_by_enumeration(definition: Definition, log_probs: np.ndarray) -> dict[str, float]:
    """Total score by text: over every path, its labels, every way in which they say words."""
    log_probs = definition.penalised(log_probs)
    num_frames, num_classes = log_probs.shape
    masses: dict[tuple[tuple[int, ...], Words], float] = {}
    for path in itertools.product(range(num_classes), repeat=num_frames):
        labels = definition.normal(collapse_by_definition(path))
        mass = log_probs[range(num_frames), path].sum()
        if mass == -np.inf:
            continue
        for words in definition.readings(labels):
            masses[labels, words] = np.logaddexp(masses.get((labels, words), -np.inf), mass)
    totals: dict[str, float] = {}
    for (labels, words), mass in masses.items():
        total = mass + definition.lm_score(words, labels) + definition.bonus(words)
        totals[" ".join(words)] = float(np.logaddexp(totals.get(" ".join(words), -np.inf), total))
    return totals


Prefix = tuple[Words, tuple[Any, ...], int, tuple[int, ...]]  # words, units of the open word, last token, labels


@dataclass
class TextbookSearch:
    """A prefix beam search with a dictionary, and the rules of `asr.decoding.search`.

    Where the beam's size cuts between equals (homophones, say), which of them stay is a matter of rounding.
    """

    definition: Definition
    beam_size: int
    token_min_log_prob: float = -np.inf
    beam_threshold: float = np.inf
    cut_between_equals: bool = False

    def __post_init__(self) -> None:
        d = self.definition
        self.by_label = d.kind == "phones" or (d.lexicon is not None and not d.by_text)
        if d.lexicon is not None:
            self.spellings = {w: [tuple(way) for way in ways] for w, ways in d.lexicon.items()}
            if d.by_text:
                self.spellings = {w: [tuple(w)] for w in d.lexicon}
        else:
            hot = {word for phrase, _ in d.hotwords for word in phrase}
            known = {*(d.lm.unigrams if d.lm and d.lm_unit == "word" else ()), *hot} - {"<unk>", "<s>", "</s>"}
            index = {label: c for c, label in enumerate(d.labels)}
            self.spellings = {w: [(index[w],) if self.by_label else tuple(w)] for w in known}
        ways = [way for several in self.spellings.values() for way in several]
        self.beginnings = {way[:length] for way in ways for length in range(1, len(way) + 1)}
        self.values: dict[Prefix, float] = {}

    def run(self, log_probs: np.ndarray) -> dict[str, float]:
        start: Prefix = ((), (), 0, ())
        beam = {start: (0.0, -np.inf)}
        for frame in self.definition.penalised(log_probs):
            best_token = int(frame.argmax())
            allowed = [c for c in range(len(frame)) if c in (0, best_token) or frame[c] >= self.token_min_log_prob]
            beam = self._next(beam, frame, allowed)
        return self._finish(beam)

    def _next(self, beam, frame, allowed):
        stays, longer, singles = {}, [], []
        for prefix, (blank, label) in beam.items():
            both = np.logaddexp(blank, label)
            again = -np.inf
            for c in allowed:
                if c == 0:
                    continue
                if self._is_space(c) and not prefix[1]:
                    again = np.logaddexp(again, both + frame[c])
                    continue
                if c == prefix[2]:
                    again = label + frame[c] if prefix[1] else again
                mass = (blank if c == prefix[2] else both) + frame[c]
                longer += [(new, mass) for new in self._extensions(prefix, c) if mass > -np.inf]
            stays[prefix] = (both + frame[0], again)
            singles.append(np.logaddexp(*stays[prefix]) + self.value(prefix))
        singles += [mass + self.value(new) for new, mass in longer]
        worst = max(singles) - self.beam_threshold
        for new, mass in longer:
            if mass + self.value(new) >= worst:
                blank, label = stays.get(new, (-np.inf, -np.inf))
                stays[new] = (blank, np.logaddexp(label, mass))
        ranks = {p: np.logaddexp(*ends) + self.value(p) for p, ends in stays.items()}
        ranked = sorted((p for p in stays if ranks[p] > -np.inf and ranks[p] >= worst), key=lambda p: -ranks[p])
        last, dropped = ranked[self.beam_size - 1 : self.beam_size], ranked[self.beam_size : self.beam_size + 1]
        if dropped and ranks[last[0]] - ranks[dropped[0]] < 1e-9:
            self.cut_between_equals = True
        return {p: stays[p] for p in ranked[: self.beam_size]}

    def _is_space(self, c: int) -> bool:
        return c in self.definition.spaces or (not self.by_label and self.definition.labels[c] == "\u2581")

    def _extensions(self, prefix: Prefix, c: int) -> list[Prefix]:
        words, units, _, labels = prefix
        d = self.definition
        labels = (*labels, c) if d.lm_unit == "token" else ()
        begins = self.beginnings.__contains__
        if d.lexicon is not None and self.by_label and not d.spaces:
            found = [(words, (*units, c), c, labels)] if begins((*units, c)) else []
            if begins((c,)):
                found += [((*words, word), (c,), c, labels) for word in self._ended(units)]
            return found
        starts = d.labels[c].startswith("\u2581") or c in d.spaces or (d.kind == "phones" and d.lexicon is None)
        added = (c,) if self.by_label or d.kind == "characters" else tuple(d.labels[c].removeprefix("\u2581"))
        if d.kind == "characters" and not self.by_label:
            added = tuple(d.labels[c])
        added = () if self._is_space(c) else added
        before = [((*words, word), ()) for word in self._ended(units)] if starts and units else [(words, units)]
        found = [(w, (*u, *added), c, labels) for w, u in before]
        return [p for p in found if d.lexicon is None or not p[1] or begins(p[1])]

    def _ended(self, units: tuple[Any, ...]) -> list[str]:
        """The words that an open word may be."""
        if self.definition.lexicon is not None:
            return [word for word, ways in self.spellings.items() if units in ways]
        return ["".join(self.definition.labels[u] if self.by_label else u for u in units)]

    def value(self, prefix: Prefix) -> float:
        """What ranks a prefix besides its mass."""
        if prefix not in self.values:
            self.values[prefix] = self._value(prefix)
        return self.values[prefix]

    def _value(self, prefix: Prefix) -> float:
        words, units, _, labels = prefix
        d = self.definition
        total = d.bonus(words) + d.lm_score(words, labels, end=False)
        if units:
            possible = [w for w, ways in self.spellings.items() for way in ways if way[: len(units)] == units]
            free = [self._word_value(None) + self._letters_value(len(units))] if d.lexicon is None else []
            total += max([*map(self._word_value, possible), *free])
        return total + self._credit(words, units)

    def _word_value(self, word: str | None) -> float:
        d = self.definition
        if d.lm is None or d.lm_unit == "token":
            return d.word_bonus
        unknown = word not in d.lm.unigrams
        unigram = d.lm.unigrams["<unk>" if unknown else word]
        return d.word_bonus + d.lm_weight * unigram + d.oov_penalty * unknown

    def _letters_value(self, number: int) -> float:
        d = self.definition
        return d.oov_letter_penalty * number if d.lm is not None and d.lm_unit == "word" else 0.0

    def _credit(self, words: Words, units: tuple[Any, ...]) -> float:
        """The share of a hotword that is there."""
        best = 0.0
        for phrase, boost in self.definition.hotwords:
            for done in range(len(phrase)):
                if done > len(words) or words[len(words) - done :] != phrase[:done]:
                    continue
                ways = [way for way in self.spellings[phrase[done]] if way[: len(units)] == units]
                shares = [len(units) / len(way) for way in ways] if units else [0.0]
                best = max([best, *(boost * (done + share) / len(phrase) for share in shares)])
        return best

    def _finish(self, beam) -> dict[str, float]:
        totals: dict[str, float] = {}
        for (words, units, _, labels), ends in beam.items():
            d = self.definition
            for sequence in [(*words, word) for word in self._ended(units)] if units else [words]:
                lm = d.lm_score(sequence, d.normal(labels))
                total = np.logaddexp(*ends) + lm + d.bonus(sequence)
                text = " ".join(sequence)
                totals[text] = float(np.logaddexp(totals.get(text, -np.inf), total))
        return totals


def random_with_zeros(seed: int, num_frames: int, num_classes: int) -> np.ndarray:
    """Log-probabilities of which about a third are those of impossible classes, with one possible class a row."""
    rng = np.random.default_rng(seed)
    possible = rng.random((num_frames, num_classes)) > 1 / 3
    possible[range(num_frames), rng.integers(num_classes, size=num_frames)] = True
    logits = np.where(possible, rng.normal(size=possible.shape), -np.inf)
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
