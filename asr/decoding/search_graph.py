"""What the search's kernel reads and does not change: how tokens spell words, which words there are, what they score.

One graph serves every mode. A token may start a word (a space; a piece with U+2581; any phone where words are not
known) and then adds units to it: characters where words are told by their text, else the token itself. The trie says
which words the units spell. In open vocabulary what leaves the trie goes on as an unknown word; with a lexicon it ends
there. Where no token starts a word, words end wherever the trie has one (`Graph.implicit`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from asr.compiled import njit
from asr.decoding.hotwords import Hotword, HotwordAutomaton, automaton
from asr.decoding.lexicon import Lexicon, SpelledWords, StoredWords, TokenUnits
from asr.decoding.lm import LanguageModel
from asr.decoding.ngram import EMPTY_CONTEXT, UNKNOWN, NgramArrays, ngram_score
from asr.decoding.search_words import NO_LM, TOKEN_LM, WORD_LM
from asr.decoding.settings import DecoderSettings
from asr.decoding.trie import Trie, build_trie, look_ahead
from asr.errors import ConfigError
from asr.tokens import BLANK, Tokens

# How a space is written as a word of a language model over tokens; the first that the model has is taken.
_SPACE_WORDS = ("\N{LOWER ONE EIGHTH BLOCK}", "<space>", "|")


class Graph(NamedTuple):
    """V classes, N nodes of the trie, W words; what is not described here is described where it is made.

    Attributes:
        starts_word: [V] uint8, whether a token ends the word before it, if any.
        unit_first: [V + 1] int32; token c adds ``units[unit_first[c]:unit_first[c + 1]]`` to its word.
        units: int32.
        separator: the class that starts a word and adds nothing to it, -1 without one.
        single: each token but the separator adds one unit, itself.
        unique: each prefix comes from one other only, by one token, whatever the words.
        implicit: words end where the trie has one, for no token starts a word.
        constrained: there are no words but those of the trie.
        first_child: [N + 1] int32, as in `Trie`, and so ``unit``, ``word_first`` and ``words``.
        ahead: [N + 1] float64, the best that a word under a node can add; last, what an unknown word adds but for its
            letters.
        max_ends: words at one node, at most; at least 1.
        word_lm: [W] int32, index of each word in the language model.
        lm_kind: `NO_LM`, `WORD_LM` or `TOKEN_LM`.
        lm_start: state of the language model before the first word.
        token_lm: [V] int32, index of each token in a language model over tokens.
        lm_weight, word_bonus, oov_penalty, beam_size, token_min_log_prob, beam_threshold: `DecoderSettings`'s.
        oov_letter_penalty: likewise, a unit of a word that is outside the trie; 0 where such words are not scored.
        num_hotwords: different words in hotwords, 0 for none; the arrays after it are `HotwordAutomaton`'s.
        max_gain: a token that does not end a word can add this much besides its log-probability, at most.
        max_end_gain: likewise the end of a word and a separator.
    """

    starts_word: np.ndarray
    unit_first: np.ndarray
    units: np.ndarray
    separator: int
    single: bool
    unique: bool
    implicit: bool
    constrained: bool
    first_child: np.ndarray
    unit: np.ndarray
    word_first: np.ndarray
    words: np.ndarray
    ahead: np.ndarray
    max_ends: int
    word_lm: np.ndarray
    lm_kind: int
    lm_start: int
    token_lm: np.ndarray
    lm_weight: float
    word_bonus: float
    oov_penalty: float
    oov_letter_penalty: float
    beam_size: int
    token_min_log_prob: float
    beam_threshold: float
    num_hotwords: int
    word_hot: np.ndarray
    hot_keys: np.ndarray
    hot_targets: np.ndarray
    hot_fails: np.ndarray
    hot_outputs: np.ndarray
    credit_keys: np.ndarray
    credits: np.ndarray
    max_gain: float
    max_end_gain: float


class Vocabulary:
    """The words of a search that do not depend on its weights: made once, for many settings.

    Attributes:
        tokens: the model's.
        lm: language model, if any.
        units: how tokens add to words.
        words: those of the lexicon, or those that the language model and the hotwords know.
        trie: over the words' spellings.
        constrained: there are no other words.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        lm: LanguageModel | None = None,
        lexicon: Lexicon | StoredWords | None = None,
        hotwords: Sequence[Hotword] = (),
        lm_unit: str = "word",
    ) -> None:
        """Spell all words.

        Raises:
            ConfigError: the tokens can spell no word of the lexicon or of the language model, or not a hotword.
        """
        self.tokens, self.lm, self.hotwords = tokens, lm, tuple(hotwords)
        self.lm_kind = NO_LM if lm is None else WORD_LM if lm_unit == "word" else TOKEN_LM
        self.constrained = lexicon is not None
        self.units = TokenUnits.of(tokens, by_label=lexicon is not None and lexicon.is_spelled_by_labels(tokens))
        self.words = self._spelled(lexicon)
        self.trie: Trie = build_trie(self.words.units, self.words.offsets, self.words.word_of_row)
        self.word_lm = self._word_lm(in_its_order=isinstance(lexicon, StoredWords))

    def _spelled(self, lexicon: Lexicon | StoredWords | None) -> SpelledWords:
        hot = [word for hotword in self.hotwords for word in hotword.words]
        if lexicon is not None:
            words = lexicon.spelled(self.tokens, self.units)
            if hot and (not_there := sorted(set(hot).difference(words.texts))):
                raise ConfigError(
                    f"hotword {not_there[0]!r} is not in the lexicon, so it cannot be found: add it there"
                )
            return words
        if self.lm is not None and self.lm_kind == WORD_LM:
            new = (word for word in dict.fromkeys(hot) if self.lm.index(word) == UNKNOWN)
            words = self.units.spell_texts([*self.lm.words.texts, *new])
            if not len(words.word_of_row):
                raise ConfigError(
                    f"{self.lm.path}: the model's tokens can spell none of its words: is it in upper or "
                    f"lower case as they are? (a model over tokens needs lm_unit = 'token')"
                )
            return words
        return self.units.spell_texts(list(dict.fromkeys(hot)))

    def _word_lm(self, *, in_its_order: bool) -> np.ndarray:
        """Return [W] the index of each word in the language model."""
        if self.lm is None or self.lm_kind != WORD_LM:
            return np.zeros(self.words.num_words, np.int32)
        if self.constrained and not in_its_order:
            return np.array(self.lm.words.find_all(self.words.texts), np.int32)
        known = np.arange(self.words.num_words, dtype=np.int32)
        known[len(self.lm.words) :] = UNKNOWN  # the hotwords that it lacks
        return known


def build_graph(vocabulary: Vocabulary, settings: DecoderSettings) -> Graph:
    """Return the graph of a vocabulary under given weights."""
    trie, units, tokens = vocabulary.trie, vocabulary.units, vocabulary.tokens
    values, outside = _word_values(vocabulary, settings)
    free = vocabulary.lm_kind == WORD_LM and not vocabulary.constrained
    letter_penalty = float(settings.oov_letter_penalty) if free else 0.0
    ahead = look_ahead(trie, values, -np.inf if vocabulary.constrained else outside, letter_penalty)
    hot: HotwordAutomaton = automaton(vocabulary.hotwords, vocabulary.words, trie)
    first_units = ahead[trie.first_child[0] : trie.first_child[1]]
    credit = float(hot.credits.max(initial=0.0))
    implicit = vocabulary.constrained and not units.starts_word.any()
    num_spelled = np.count_nonzero(np.bincount(vocabulary.words.word_of_row))
    one_way = not vocabulary.constrained or num_spelled == len(trie.words)
    return Graph(
        starts_word=units.starts_word,
        unit_first=units.unit_first,
        units=units.units,
        separator=units.separator,
        single=units.single,
        unique=units.single and one_way and not implicit,
        implicit=implicit,
        constrained=vocabulary.constrained,
        first_child=trie.first_child,
        unit=trie.unit,
        word_first=trie.word_first,
        words=trie.words,
        ahead=np.append(ahead, outside),
        max_ends=max(1, int(np.diff(trie.word_first).max(initial=0))),
        word_lm=vocabulary.word_lm,
        lm_kind=vocabulary.lm_kind,
        lm_start=vocabulary.lm.start if vocabulary.lm else EMPTY_CONTEXT,
        token_lm=_token_lm(vocabulary.lm, tokens) if vocabulary.lm_kind == TOKEN_LM else np.zeros(1, np.int32),
        lm_weight=float(settings.lm_weight),
        word_bonus=float(settings.word_bonus),
        oov_penalty=float(settings.oov_penalty),
        oov_letter_penalty=letter_penalty,
        beam_size=int(settings.beam_size),
        token_min_log_prob=float(settings.token_min_log_prob),
        beam_threshold=float(settings.beam_threshold),
        num_hotwords=hot.num_words,
        word_hot=hot.word_hot,
        hot_keys=hot.keys,
        hot_targets=hot.targets,
        hot_fails=hot.fails,
        hot_outputs=hot.outputs,
        credit_keys=hot.credit_keys,
        credits=hot.credits,
        max_gain=max(0.0, float(first_units.max(initial=0.0)), outside) + credit,
        max_end_gain=settings.word_bonus
        + max(0.0, settings.oov_penalty)
        + max(0.0, float(hot.outputs.max(initial=0.0)))
        + credit,
    )


def no_ngrams() -> NgramArrays:
    """Return the arrays that stand for no language model: the kernel is compiled once, for both."""
    integers, floats = np.zeros(1, np.int32), np.zeros(1, np.float32)
    return NgramArrays(integers, integers, floats, floats, integers)


def _word_values(vocabulary: Vocabulary, settings: DecoderSettings) -> tuple[np.ndarray, float]:
    """Return [W] what each word adds whatever stands before it, by unigram, and what an unknown one adds."""
    word_lm, lm = vocabulary.word_lm, vocabulary.lm
    if lm is None or vocabulary.lm_kind != WORD_LM:
        return np.full(len(word_lm), float(settings.word_bonus)), float(settings.word_bonus)
    unigrams = _unigrams(lm.arrays, len(lm.words)).astype(np.float64) * settings.lm_weight + settings.word_bonus
    unigrams[UNKNOWN] += settings.oov_penalty
    return unigrams[word_lm], float(unigrams[UNKNOWN])


@njit(cache=True, nogil=True)
def _unigrams(arrays, num_words):
    scores = np.empty(num_words, np.float32)
    for word in range(num_words):
        scores[word] = ngram_score(arrays, EMPTY_CONTEXT, word)[0]
    return scores


def _token_lm(lm: LanguageModel | None, tokens: Tokens) -> np.ndarray:
    """Return [V] the index of each token in a language model over tokens."""
    assert lm is not None
    found = np.zeros(len(tokens), np.int32)
    for index, label in enumerate(tokens.labels):
        if index != BLANK:
            names = _SPACE_WORDS if label.isspace() else (label,)
            found[index] = next((known for name in names if (known := lm.index(name))), UNKNOWN)
    if not found.any():
        raise ConfigError(f"{lm.path}: its words are none of the tokens: name a model over tokens, or lm_unit = 'word'")
    return found
