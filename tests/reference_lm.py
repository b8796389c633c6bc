"""Slow, readable definitions of n-gram models; nothing here imports what it is compared with."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

Ngram = tuple[str, ...]


class ArpaByDefinition:
    """An ARPA file as two tables; the recursion of Katz, word by word, over the whole history."""

    def __init__(self, text: str) -> None:
        self.log_prob: dict[Ngram, float] = {}
        self.backoff: dict[Ngram, float] = {}
        self.order = 0
        for line in text.splitlines():
            if line.endswith("-grams:"):
                self.order = int(line[1:].split("-")[0])
            elif self.order and line and not line.startswith("\\"):
                fields = line.split()
                words = tuple(fields[1 : self.order + 1])
                self.log_prob[words] = float(fields[0]) * math.log(10)
                if len(fields) > self.order + 1:
                    self.backoff[words] = float(fields[-1]) * math.log(10)

    def score(self, sentence: Sequence[str]) -> float:
        """Log p of a sentence and its end."""
        words = ["<s>", *(word if (word,) in self.log_prob else "<unk>" for word in sentence), "</s>"]
        return sum(self.word_score(tuple(words[:i]), words[i]) for i in range(1, len(words)))

    def word_score(self, history: Ngram, word: str) -> float:
        """Log p(word | history)."""
        history = history[max(len(history) - self.order + 1, 0) :]
        if (*history, word) in self.log_prob:
            return self.log_prob[*history, word]
        return self.backoff.get(history, 0.0) + self.word_score(history[1:], word)


class KneserNeyByDefinition:
    """Interpolated modified Kneser-Ney, as the formulas of Chen and Goodman (1999) say, for any word and history."""

    def __init__(self, sentences: Sequence[Sequence[str]], order: int) -> None:
        padded = [("<s>", *sentence, "</s>") for sentence in sentences]
        occurrences = Counter(
            words[i : i + n] for words in padded for n in range(1, order + 1) for i in range(len(words) - n + 1)
        )
        self.words = {word for words in padded for word in words} - {"<s>"} | {"<unk>"}
        self.order = order
        before = defaultdict(set)
        for ngram in occurrences:
            before[ngram[1:]].add(ngram[0])
        # The longest n-grams, and those that nothing can precede, count as often as they occur.
        self.counts = {
            ngram: count if len(ngram) == order or ngram[0] == "<s>" else len(before[ngram])
            for ngram, count in occurrences.items()
            if ngram != ("<s>",)
        }
        self.discounts = {n: self._discounts(n) for n in range(1, order + 1)}
        self.followers = defaultdict(dict)
        for ngram, count in self.counts.items():
            self.followers[ngram[:-1]][ngram[-1]] = count

    def _discounts(self, n: int) -> tuple[float, ...]:
        n1, n2, n3, n4 = (sum(len(g) == n and c == k for g, c in self.counts.items()) for k in (1, 2, 3, 4))
        fallback = (0.0, 0.5, 1.0, 1.5)
        if not (n1 and n2 and n3 and n4):
            return fallback
        y = n1 / (n1 + 2 * n2)
        found = (0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        return found if min(found[1:]) > 0 else fallback

    def probability(self, history: Ngram, word: str) -> float:
        """P(word | history), with a history of less than ``order`` words."""
        followers = self.followers.get(history)
        if followers is None:
            return self.probability(history[1:], word)
        discount = self.discounts[len(history) + 1]
        total = sum(followers.values())
        left = sum(discount[min(count, 3)] for count in followers.values()) / total
        lower = self.probability(history[1:], word) if history else 1 / len(self.words)
        count = followers.get(word, 0)
        return (count - discount[min(count, 3)]) / total + left * lower


def entropy_change(model: ArpaByDefinition, vocabulary: Sequence[str], ngram: Ngram, history_prob: float) -> float:
    """Relative rise of perplexity when ``ngram`` is left out of a model: Stolcke's D(p || p'), summed over all words.

    Args:
        model: with explicit n-grams, not changed.
        vocabulary: all words that can be predicted.
        ngram: of the model.
        history_prob: p(history of the n-gram).
    """
    history, without = ngram[:-1], ArpaByDefinition("")
    without.order = model.order
    without.log_prob = {key: value for key, value in model.log_prob.items() if key != ngram}
    without.backoff = dict(model.backoff)
    listed = [word for word in vocabulary if (*history, word) in without.log_prob]
    left = 1 - sum(math.exp(model.log_prob[*history, word]) for word in listed)
    left_shorter = 1 - sum(math.exp(model.word_score(history[1:], word)) for word in listed)
    without.backoff[history] = math.log(left / left_shorter)
    divergence = 0.0
    for word in vocabulary:
        before, after = model.word_score(history, word), without.word_score(history, word)
        divergence += math.exp(before) * (before - after)
    return math.expm1(history_prob * divergence)
