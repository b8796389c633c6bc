"""Which errors were made: the most frequent ones, words inserted and deleted, utterances with most errors and none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from asr.scoring.counts import AlignedWord
from asr.scoring.score import ScoredUtterance

MAX_CONFUSIONS = 20
MAX_WORDS = 20
MAX_WORST = 10
MAX_BEST = 5


@dataclass(frozen=True, slots=True)
class Confusion:
    """An error and how often it was made; None stands for no word (an insertion or a deletion)."""

    reference: str | None
    hypothesis: str | None
    count: int


@dataclass(frozen=True, slots=True)
class WordCount:
    """A word, how often something happened to it, and how often it was there at all.

    Attributes:
        word: as it is spelled after normalising.
        count: times that it was inserted, deleted, or missed, as the list says that it stands in.
        total: times that it stands in the hypotheses (of a list of insertions) or in the references (of others).
    """

    word: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of all utterances.

    Attributes:
        confusions: the most frequent errors, most frequent first.
        insertions: the words most often inserted.
        deletions: the words most often deleted.
    """

    confusions: tuple[Confusion, ...]
    insertions: tuple[WordCount, ...]
    deletions: tuple[WordCount, ...]


def errors_of(utterances: Iterable[ScoredUtterance]) -> Errors:
    """Return the errors of utterances, each kind up to a number that a reader can look through."""
    pairs: Counter[AlignedWord] = Counter()
    for utterance in utterances:
        pairs.update(utterance.words)
    said: Counter[str | None] = Counter()
    found: Counter[str | None] = Counter()
    for (reference, hypothesis), count in pairs.items():
        said[reference] += count
        found[hypothesis] += count
    wrong = {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], str(item[0][0]), str(item[0][1])))
    inserted = {word: count for (reference, word), count in wrong.items() if reference is None and word is not None}
    deleted = {word: count for (word, hypothesis), count in wrong.items() if hypothesis is None and word is not None}
    return Errors(
        tuple(Confusion(*pair, count) for pair, count in ranked[:MAX_CONFUSIONS]),
        most_frequent(inserted, found),
        most_frequent(deleted, said),
    )


def most_frequent(counts: Mapping[str, int], totals: Mapping[str | None, int]) -> tuple[WordCount, ...]:
    """Return the words with the highest counts, highest first, up to 20."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(WordCount(word, count, totals[word]) for word, count in ranked[:MAX_WORDS])


def worst(utterances: Sequence[ScoredUtterance]) -> tuple[ScoredUtterance, ...]:
    """Return the utterances with most wrong words, worst first, up to 10; those without errors are left out."""
    wrong = [utterance for utterance in utterances if utterance.counts.words.errors]
    return tuple(sorted(wrong, key=lambda utterance: (-utterance.counts.words.errors, utterance.id))[:MAX_WORST])


def best(utterances: Sequence[ScoredUtterance]) -> tuple[ScoredUtterance, ...]:
    """Return the longest utterances without an error, longest first, up to 5; those without words are left out."""
    right = [one for one in utterances if one.counts.words.hits and not one.counts.words.errors]
    return tuple(sorted(right, key=lambda utterance: (-utterance.counts.words.hits, utterance.id))[:MAX_BEST])
