"""The weights of a search that make the fewest word errors on a development set, found by trying them.

Five numbers are searched, as no more can be told apart by the errors of some hundred utterances: the language model's
weight, the bonus for each word, the penalty for blank, and those for each word that the model does not know and for its
letters.
The first trials are proposed by `asr.tuning.sampler`, which finds the region, the others near the best so far; each
decodes the set once from saved log-probabilities.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from asr.decoding.decode import Decoder, lexicon_for_phones
from asr.decoding.lexicon import Lexicon, StoredWords
from asr.decoding.lm import LanguageModel
from asr.decoding.ngram import UNKNOWN
from asr.decoding.settings import UNTUNED_SETTINGS, DecoderSettings
from asr.errors import ScoringError
from asr.scoring.counts import ErrorCounts, count_all_errors
from asr.scoring.score import Scores, score
from asr.text import get_normaliser
from asr.tokens import Tokens
from asr.tuning.development import DevelopmentSet, Texts
from asr.tuning.sampler import sampler_for
from asr.tuning.study import WEIGHTS, Trial, read_trials, write_trials

# The weight is a factor, so its scale is logarithmic. The strongest penalty leaves next to no unknown word: nearly as
# the model's words for a lexicon.
RANGES = {
    "lm_weight": (0.02, 4.0),
    "word_bonus": (-4.0, 6.0),
    "blank_penalty": (0.0, 5.0),
    "oov_penalty": (-20.0, 5.0),
    "oov_letter_penalty": (-4.0, 0.0),
}
_LOGARITHMIC = ("lm_weight",)
_FIRST = UNTUNED_SETTINGS
_RANDOM_TRIALS = 8  # before the estimator has something to estimate from
_WIDE_TRIALS = 20  # before the best is looked around
_NEAR = 0.06  # standard deviation of what is tried near the best, in parts of the ranges


class DecoderStudy:
    """Trials of one search on one development set.

    Attributes:
        settings: of the search, but for the weights that are tried.
        trials: made so far, in their order.
        decoder: the search, with weights that are not tuned.
    """

    def __init__(
        self,
        tokens: Tokens,
        development: DevelopmentSet,
        settings: DecoderSettings,
        lm: LanguageModel,
        lexicon: Lexicon | StoredWords | None = None,
        *,
        normaliser: str = "none",
        seed: int = 1,
        jobs: int = 1,
    ) -> None:
        """Make the search ready.

        Args:
            tokens: of the model that made the log-probabilities.
            development: what to try on.
            settings: of the search; the weights that are tried are not used.
            lm: the language model.
            lexicon: the only words that there are; as of `Decoder`.
            normaliser: applied to references and hypotheses before they are compared.
            seed: the same seed proposes the same trials.
            jobs: threads that decode.

        Raises:
            ConfigError: the tokens can spell no word of the model or of the lexicon, or there is no such normaliser.
            ScoringError: the references have no word.
        """
        self.settings = replace(settings, **{name: getattr(_FIRST, name) for name in WEIGHTS})
        self.trials: list[Trial] = []
        self._tokens, self._development, self._normaliser = tokens, development, get_normaliser(normaliser).name
        self._seed, self._jobs = seed, jobs
        if not any(text.split() for text in development.references.values()):
            raise ScoringError("the references have no word: give a development set in which something is said")
        if lexicon is None and settings.lm_unit == "word":
            lexicon = lexicon_for_phones(tokens, lm)
        self._lexicon = lexicon
        self.decoder = Decoder(tokens, self.settings, lm=lm, lexicon=lexicon)
        self._weights = _that_matter(self.settings, lm, lexicon)
        self._digest = self._digest_of(lm, lexicon)

    @property
    def best(self) -> Trial:
        """The trial with the fewest word errors, of such with the fewest character errors, of such the most central.

        On a small set many weights make the same errors. In the middle of them, others err least by chance.
        """
        return _best(self.trials)

    def run(self, num_trials: int, path: Path, *, on_trial: Callable[[Trial], None] = lambda trial: None) -> None:
        """Go on until there are so many trials in all; trial n does not depend on when the study was interrupted.

        Args:
            num_trials: in all, with those that ``path`` has.
            path: trials as JSON lines; those that it has count, each new one is written at once.
            on_trial: called after each.

        Raises:
            RunError: ``path`` has trials of something else.
        """
        self.trials = read_trials(path, self._digest)
        with ThreadPoolExecutor(self._jobs) as executor:
            while len(self.trials) < num_trials:
                weights = _propose(self._weights, self.trials, self._seed)
                texts = self._development.texts(self._with(weights), executor)
                self.trials.append(_trial(len(self.trials), weights, self._count(texts), self._digest))
                write_trials(path, self.trials)
                on_trial(self.trials[-1])

    def scores(self) -> dict[str, Scores]:
        """Return how greedy search, the beam search without the language model, and that with the best weights do.

        Greedy search in phones finds no words, and is left out.
        """
        # The lexicon stays: without it, a model of phones has no words.
        without = Decoder(self._tokens, self.settings, lexicon=self._lexicon)
        found = {}
        if self._tokens.kind != "phones":
            found["greedy"] = self._scores(self._development.greedy_texts(self._tokens))
        with ThreadPoolExecutor(self._jobs) as executor:
            for name, decoder in (("beam", without), ("beam_lm", self._with(self.best.weights))):
                found[name] = self._scores(self._development.texts(decoder, executor))
        return found

    def best_settings(self) -> DecoderSettings:
        """Return the settings of the best trial."""
        return replace(self.settings, **self.best.weights)

    def _with(self, weights: dict[str, float]) -> Decoder:
        return self.decoder.with_settings(replace(self.settings, **weights))

    def _count(self, texts: Texts) -> ErrorCounts:
        """Return what `_scores` counts, without its interval, which would take as long as a search."""
        normalise = get_normaliser(self._normaliser)
        references = self._development.references
        return count_all_errors(
            [normalise(text) for text in references.values()], [normalise(texts[n]) for n in references]
        )

    def _scores(self, texts: Texts) -> Scores:
        return score(self._development.references, texts, normaliser=self._normaliser)

    def _digest_of(self, lm: LanguageModel, lexicon: Lexicon | StoredWords | None) -> str:
        found = hashlib.sha256(self._development.digest().encode())
        found.update(b"".join(np.ascontiguousarray(array).data for array in lm.arrays))
        entries = None if lexicon is None else list(lexicon.entries.items())
        found.update(repr((self._tokens.labels, list(lm.words), entries, self._normaliser, self._seed)).encode())
        found.update(repr((asdict(self.settings), RANGES)).encode())
        return found.hexdigest()[:16]


def _that_matter(
    settings: DecoderSettings, lm: LanguageModel, lexicon: Lexicon | StoredWords | None
) -> tuple[str, ...]:
    """Return the weights that can change anything: not all words may be unknown to the model, or outside a lexicon."""
    if settings.lm_unit != "word":
        return WEIGHTS[:3]
    if lexicon is None:
        return WEIGHTS
    return WEIGHTS[:4] if any(lm.index(word) == UNKNOWN for word in lexicon.words) else WEIGHTS[:3]


def _propose(names: Sequence[str], trials: Sequence[Trial], seed: int) -> dict[str, float]:
    """Return what to try next: the search's default first, then what the trials so far and the seed suggest."""
    fixed = {name: getattr(_FIRST, name) for name in WEIGHTS}
    if not trials:
        return fixed
    if len(trials) >= _WIDE_TRIALS:
        return fixed | _near(_best(trials), names, seed, len(trials))
    import optuna

    sampler = sampler_for(len(trials), seed, _RANDOM_TRIALS)
    space = {name: optuna.distributions.FloatDistribution(*RANGES[name], log=name in _LOGARITHMIC) for name in names}
    study = optuna.create_study(sampler=sampler)
    for trial in trials:
        params = {name: getattr(trial, name) for name in names}
        study.add_trial(optuna.create_trial(params=params, distributions=dict(space), value=trial.wer))
    return fixed | study.ask(dict(space)).params


def _best(trials: Sequence[Trial]) -> Trial:
    least = min(trial.rank for trial in trials)
    equals = [trial for trial in trials if trial.rank == least]
    places = np.array([_place(trial) for trial in equals])
    return equals[int(np.square(places - places.mean(axis=0)).sum(axis=1).argmin())]


def _near(trial: Trial, names: Sequence[str], seed: int, number: int) -> dict[str, float]:
    """Return weights drawn from around those of a trial."""
    drawn = np.random.default_rng([seed, number]).normal(_place(trial), _NEAR)
    return {name: _weight(name, place) for name, place in zip(RANGES, drawn, strict=True) if name in names}


def _place(trial: Trial) -> list[float]:
    """Return where the weights lie in their ranges, each in 0..1."""
    ends = {name: _scaled(name, np.array(RANGES[name])) for name in RANGES}
    return [float((_scaled(name, trial.weights[name]) - low) / (high - low)) for name, (low, high) in ends.items()]


def _weight(name: str, place: float) -> float:
    """Return the weight that lies there in its range."""
    low, high = _scaled(name, np.array(RANGES[name]))
    value = low + min(max(place, 0.0), 1.0) * (high - low)
    return float(np.exp(value) if name in _LOGARITHMIC else value)


def _scaled(name: str, value: Any) -> Any:
    return np.log(value) if name in _LOGARITHMIC else value


def _trial(number: int, weights: dict[str, float], counts: ErrorCounts, digest: str) -> Trial:
    assert counts.wer is not None and counts.cer is not None  # the references have words
    return Trial(number, **weights, wer=counts.wer, cer=counts.cer, study=digest)
