"""Words and phrases that a search is to prefer, each with a boost, as an automaton over words.

A phrase counts wherever its words stand in a row, as whole words; each time it adds its boost. While one is under way
the search ranks a prefix by the share of it that is there (words, and letters or phones of the next), which is
taken back when the words turn out otherwise: it is no part of a score.

Source: Aho and Corasick, "Efficient String Matching: An Aid to Bibliographic Search" (1975), over words.
"""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.decoding.lexicon import SpelledWords
from asr.decoding.single_text import refuse_single_text
from asr.decoding.trie import Trie, path_of
from asr.errors import ConfigError

DEFAULT_BOOST = 5.0


@dataclass(frozen=True, slots=True)
class Hotword:
    """A phrase and what it adds, once for each time that it is found.

    Attributes:
        words: of the phrase, at least one.
        boost: natural logarithm; below 0 to avoid the phrase.
    """

    words: tuple[str, ...]
    boost: float = DEFAULT_BOOST

    def __post_init__(self) -> None:
        refuse_single_text(self.words, "words of a hotword")


def read_hotwords(path: str | os.PathLike[str]) -> list[Hotword]:
    """Read hotwords: a phrase a line, and after a tab its boost, if not `DEFAULT_BOOST`; ``#`` starts a comment line.

    Raises:
        ConfigError: the file cannot be read, or a boost is not a number.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: {reason}: name a file of hotwords, a phrase a line") from error
    found = []
    for number, line in enumerate(lines, start=1):
        phrase, tab, boost = line.partition("\t")
        if not phrase.strip() or phrase.startswith("#"):
            continue
        try:
            value = float(boost) if tab else DEFAULT_BOOST
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ConfigError(f"{path}:{number}: boost {boost!r} is not a number: write PHRASE, a tab, and the boost")
        found.append(Hotword(tuple(phrase.split()), value))
    return found


class HotwordAutomaton(NamedTuple):
    """S states, each the words of a phrase's beginning; state 0 is none. H different words.

    Attributes:
        num_words: H.
        word_hot: [W] int32, the number of a word among those of hotwords, -1 for others.
        keys: int64, state * H + word, sorted, of each way from a state to a longer one.
        targets: int32, where it leads.
        fails: [S] int32, the longest state that ends this one's words.
        outputs: [S] float64, boosts of all phrases that end here.
        credit_keys: int64, state * N + node of the trie, sorted.
        credits: float64, what the phrase under way there is worth; those of the state's failures are under way, too.
    """

    num_words: int
    word_hot: np.ndarray
    keys: np.ndarray
    targets: np.ndarray
    fails: np.ndarray
    outputs: np.ndarray
    credit_keys: np.ndarray
    credits: np.ndarray


def automaton(hotwords: Sequence[Hotword], words: SpelledWords, trie: Trie) -> HotwordAutomaton:
    """Return the automaton of hotwords.

    Args:
        hotwords: each of words that are in ``words``.
        words: the search's.
        trie: of their spellings.

    Raises:
        ConfigError: the model's tokens cannot spell a hotword.
    """
    hot = {word for hotword in hotwords for word in hotword.words}
    number = {text: index for index, text in enumerate(words.texts) if text in hot} if hot else {}
    hot_ids = {word: index for index, word in enumerate(sorted(number))}
    word_hot = np.full(words.num_words, -1, np.int32)
    paths: dict[str, list[list[int]]] = {}
    for word, index in hot_ids.items():
        word_hot[number[word]] = index
        paths[word] = [path_of(trie, units) for units in words.spellings(number[word])]
    if unspelled := sorted(word for word in hot if not paths.get(word)):
        raise ConfigError(f"hotword {unspelled[0]!r} cannot be spelled with the model's tokens: write it as they do")
    steps, ends = _states(hotwords)
    fails = _fails(steps)
    num_states, num_nodes, num_hot = len(ends), len(trie.unit), len(hot_ids)
    credits = _credits(hotwords, steps, paths)
    outputs = np.array(ends)
    for state in range(1, num_states):  # a state's failure has fewer words, and so a smaller number
        outputs[state] += outputs[fails[state]]
    arrows = sorted((state * num_hot + hot_ids[word], target) for (state, word), target in steps.items())
    credit = sorted((state * num_nodes + node, value) for (state, node), value in credits.items())
    return HotwordAutomaton(
        num_words=num_hot,
        word_hot=word_hot,
        keys=np.array([key for key, _ in arrows], np.int64),
        targets=np.array([target for _, target in arrows], np.int32),
        fails=np.array(fails, np.int32),
        outputs=outputs,
        credit_keys=np.array([key for key, _ in credit], np.int64),
        credits=np.array([value for _, value in credit], np.float64),
    )


_Steps = dict[tuple[int, str], int]


def _states(hotwords: Sequence[Hotword]) -> tuple[_Steps, list[float]]:
    """Return the steps of a trie of phrases, its nodes numbered by depth, and the boosts that end at each node."""
    steps: _Steps = {}
    ends = [0.0]
    at = [0] * len(hotwords)
    for depth in range(max((len(hotword.words) for hotword in hotwords), default=0)):
        for index, hotword in enumerate(hotwords):
            if depth >= len(hotword.words):
                continue
            key = (at[index], hotword.words[depth])
            if key not in steps:
                steps[key] = len(ends)
                ends.append(0.0)
            at[index] = steps[key]
            if depth == len(hotword.words) - 1:
                ends[at[index]] += hotword.boost
    return steps, ends


def _fails(steps: _Steps) -> list[int]:
    """Return for each state the longest other one that ends its words."""
    fails = [0] * (len(steps) + 1)
    for (state, word), target in steps.items():  # by depth
        if state == 0:
            continue
        shorter = fails[state]
        while shorter and (shorter, word) not in steps:
            shorter = fails[shorter]
        fails[target] = steps.get((shorter, word), 0)
    return fails


def _credits(
    hotwords: Sequence[Hotword], steps: _Steps, paths: dict[str, list[list[int]]]
) -> dict[tuple[int, int], float]:
    """Return what phrases under way are worth, by state and node of the trie: 0 where none is, never below."""
    credits: dict[tuple[int, int], float] = {}

    def raise_to(state: int, node: int, value: float) -> None:
        if value > credits.get((state, node), 0.0):
            credits[state, node] = value

    for hotword in hotwords:
        state, size = 0, len(hotword.words)
        for done, word in enumerate(hotword.words):
            if done:
                raise_to(state, 0, hotword.boost * done / size)
            for path in paths[word]:
                for length, node in enumerate(path, start=1):
                    raise_to(state, node, hotword.boost * (done + length / len(path)) / size)
            state = steps[state, word]
    return credits


def as_hotwords(
    phrases: Iterable[Hotword | str | tuple[str, float]], normalise: Callable[[str], str]
) -> tuple[Hotword, ...]:
    """Return hotwords as the search takes them.

    Args:
        phrases: phrases, alone or each with its boost.
        normalise: how the model's tokens normalise text.

    Raises:
        ConfigError: a phrase has no word, a boost is not finite, or it is one phrase and no sequence of them.
    """
    found = []
    for given in refuse_single_text(phrases, "hotwords"):
        if isinstance(given, Hotword):
            phrase, boost = " ".join(given.words), given.boost
        else:
            phrase, boost = _pair(given)
        words = tuple(normalise(phrase).split())
        if not words or not math.isfinite(boost):
            raise ConfigError(f"hotword {phrase!r} with boost {boost}: give words and a finite number")
        found.append(Hotword(words, float(boost)))
    return tuple(found)


def _pair(given: object) -> tuple[str, float]:
    """Return a phrase and its boost."""
    match given:
        case str():
            return given, DEFAULT_BOOST
        case (str() as phrase, Real() as boost):
            return phrase, float(boost)
    raise ConfigError(f"hotword {given!r}: give a phrase, or a phrase and its boost, as ('SAINT IVES', 5.0)")
