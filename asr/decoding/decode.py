"""The texts of one utterance: what the search finds, checked going in and as words coming out."""

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from asr.decoding.hotwords import Hotword, as_hotwords
from asr.decoding.hypothesis import Hypothesis
from asr.decoding.incremental import IncrementalDecoder
from asr.decoding.lexicon import Lexicon, StoredWords
from asr.decoding.lm import LanguageModel
from asr.decoding.search import Search
from asr.decoding.search_graph import Vocabulary
from asr.decoding.settings import DecoderSettings
from asr.decoding.single_text import refuse_single_text
from asr.errors import ConfigError
from asr.tokens import Tokens

Phrase: TypeAlias = Hotword | str | tuple[str, float]


class Decoder:
    """A search made ready for many utterances: words are spelled and their trie is built once.

    Any number of threads may decode with one decoder at the same time; the search does not hold Python's lock.

    Attributes:
        tokens: the labels of the log-probabilities.
        settings: its weights and what it drops.
        search: what it is compiled to.
    """

    def __init__(
        self,
        tokens: Tokens,
        settings: DecoderSettings | None = None,
        *,
        lm: LanguageModel | None = None,
        lexicon: Lexicon | StoredWords | None = None,
        hotwords: Iterable[Phrase] = (),
    ) -> None:
        """Build the search.

        Args:
            tokens: the V labels, blank first.
            settings: default: `DecoderSettings`'s.
            lm: language model over words, or over tokens where ``settings.lm_unit`` says so.
            lexicon: the only words that there are; without one, any that the tokens spell, or where these are phones,
                those of a language model over words.
            hotwords: phrases to prefer, alone or each with its boost.

        Raises:
            ConfigError: the tokens can spell no word of the model or of the lexicon, or not a hotword.
        """
        self.tokens, self.settings = tokens, settings or DecoderSettings()
        if lexicon is None and lm is not None and self.settings.lm_unit == "word":
            lexicon = lexicon_for_phones(tokens, lm)
        self._vocabulary = Vocabulary(
            tokens,
            lm=lm,
            lexicon=lexicon,
            hotwords=as_hotwords(hotwords, tokens.normaliser),
            lm_unit=self.settings.lm_unit,
        )
        self.search = Search(self._vocabulary, self.settings)

    def __call__(self, log_probs: np.ndarray, num_best: int | None = None) -> list[Hypothesis]:
        """Return the most probable word sequences of one utterance, best first; as `decode`.

        Args:
            log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.
            num_best: hypotheses at most; None: as many as the beam holds.
        """
        utterance = self.incremental()
        utterance.feed(log_probs)
        return utterance.hypotheses(num_best)

    def unspelled_words(self) -> list[str]:
        """Return the words of the lexicon, or without one of the language model, that the tokens cannot spell.

        They cannot be found. Where it is all of them, there is no decoder.
        """
        return self._vocabulary.words.unspelled()

    def incremental(self) -> IncrementalDecoder:
        """Return a decoder for one utterance whose frames come in portions."""
        return IncrementalDecoder(self.search)

    def with_settings(self, settings: DecoderSettings) -> "Decoder":
        """Return a decoder of the same words under other weights, which is cheap.

        Raises:
            ConfigError: ``lm_unit`` is another.
        """
        if settings.lm_unit != self.settings.lm_unit:
            raise ConfigError(f"lm_unit = {settings.lm_unit!r}, and the decoder's is another: make a new decoder")
        other = object.__new__(Decoder)
        other.tokens, other.settings, other._vocabulary = self.tokens, settings, self._vocabulary
        other.search = Search(self._vocabulary, settings)
        return other


def lexicon_for_phones(tokens: Tokens, lm: LanguageModel) -> Lexicon | StoredWords | None:
    """Return a lexicon of a model's words where phones must be told apart into words; None where they need not.

    A model of nothing but phones is one over phones; a word may be spelled like a phone (B, AH).
    """
    if tokens.kind != "phones":
        return None
    stored = tokens.stored_spellings
    if stored is not None and lm.words.are(stored.words, stored.word_offsets):
        return StoredWords(lm.words.texts, stored)
    words = list(filter(None, lm.words.texts))
    return None if set(tokens.labels).issuperset(words) else Lexicon(words, str(lm.path))


def decode(
    log_probs: np.ndarray,
    tokens: Tokens,
    *,
    beam_size: int = 100,
    lm: LanguageModel | None = None,
    lm_weight: float = 0.5,
    word_bonus: float = 0.0,
    blank_penalty: float = 0.0,
    oov_penalty: float = 0.0,
    oov_letter_penalty: float = 0.0,
    lm_unit: Literal["word", "token"] = "word",
    lexicon: Lexicon | None = None,
    hotwords: Sequence[Phrase] = (),
    token_min_log_prob: float = -math.inf,
    beam_threshold: float = math.inf,
) -> list[Hypothesis]:
    """Return the most probable word sequences of one utterance, best first.

    Args:
        log_probs: [T, V] natural log, each row sums to one in probability; T may be 0.
        tokens: the V labels, blank first.
        beam_size: prefixes kept after each frame, at least 1.
        lm: language model; its scores for a sentence's start and end count too.
        lm_weight: factor of its log-probabilities.
        word_bonus: added for each word.
        blank_penalty: taken off the logit of blank in each frame.
        oov_penalty: added for each word that the language model does not know, on top of its score for ``<unk>``.
        oov_letter_penalty: added for each letter of a word that neither the language model nor a hotword has, 0 or
            below; without it, unknown words may run known ones together.
        lm_unit: what the language model's words are: words, or tokens.
        lexicon: the only words that there are; without one, any that the tokens spell.
        hotwords: phrases to prefer, alone or each with its boost.
        token_min_log_prob: tokens below it are impossible in a frame, but for the blank and the best one.
        beam_threshold: what ranks this far below a frame's best prefix is dropped.

    Returns:
        At least one and at most ``beam_size`` hypotheses, no two of the same text. A score sums over all alignments
        that the beam kept, those with leading, trailing or doubled spaces among them, and over a word's segmentations
        and pronunciations; it is exact when the beam never had to drop a prefix.

    Raises:
        ShapeError: ``log_probs`` is not as above.
        ConfigError: a number is out of its range, the tokens can spell no word of the model or of the lexicon, or a
            hotword is none.
        UtteranceError: the frames allow no word sequence of the lexicon.

    >>> tokens = Tokens(["<blank>", "A"])
    >>> for hypothesis in decode(np.log([[0.6, 0.4], [0.6, 0.4]]), tokens):
    ...     print(repr(hypothesis.text), round(float(np.exp(hypothesis.score.total)), 2))
    'A' 0.64
    '' 0.36
    """
    settings = DecoderSettings(
        beam_size,
        lm_weight,
        word_bonus,
        blank_penalty,
        oov_penalty,
        oov_letter_penalty,
        lm_unit,
        token_min_log_prob,
        beam_threshold,
    )
    return _decoder(tokens, settings, lm, lexicon, tuple(refuse_single_text(hotwords, "hotwords")))(log_probs)


@functools.lru_cache(maxsize=4)
def _decoder(
    tokens: Tokens,
    settings: DecoderSettings,
    lm: LanguageModel | None,
    lexicon: Lexicon | None,
    hotwords: tuple[Phrase, ...],
) -> Decoder:
    """Return a decoder; the last few are kept, for whoever decodes one utterance after the other."""
    return Decoder(tokens, settings, lm=lm, lexicon=lexicon, hotwords=hotwords)
