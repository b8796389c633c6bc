"""From text to an n-gram model: count, estimate, prune, write."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from asr.decoding.arpa_writer import write_arpa
from asr.decoding.asrlm import SUFFIX, write_model
from asr.decoding.kneser_ney import estimate
from asr.decoding.lm_text import read_blocks
from asr.decoding.ngram import NgramArrays, level_starts
from asr.decoding.ngram_counts import Encoded, count_ngrams
from asr.decoding.pruning import prune, select
from asr.errors import ConfigError
from asr.text import get_normaliser


@dataclass(frozen=True, slots=True)
class LanguageModelSettings:
    """How an n-gram model is made of text.

    Attributes:
        order: words of the longest n-grams, at least 1.
        cutoffs: for each order, n-grams with this count or less are left out; the last is that of longer orders too.
        prune: an n-gram is left out when perplexity rises by less than this fraction without it; 0 keeps all.
        min_count: rarer words become ``<unk>``.
        normaliser: name of what is done to each line, one of `asr.text`.
        memory: bytes that counting may take; the vocabulary and the model come on top.
        jobs: threads that sort.
    """

    order: int = 3
    cutoffs: tuple[int, ...] = ()
    prune: float = 0.0
    min_count: int = 1
    normaliser: str = "none"
    memory: int = 2_000_000_000
    jobs: int = 1

    def __post_init__(self) -> None:
        """Check what one setting asks of another.

        Raises:
            ConfigError: the order is below 1, or the cut-offs fall or begin above 0.
        """
        if self.order < 1:
            raise ConfigError(f"order = {self.order}: n-grams have at least 1 word")
        if self.cutoffs and (self.cutoffs[0] != 0 or list(self.cutoffs) != sorted(self.cutoffs)):
            raise ConfigError(
                f"cutoffs = {','.join(map(str, self.cutoffs))}: begin with 0 for words and do not fall, as 0,1,1"
            )


def train_language_model(
    texts: Sequence[Path],
    output: Path,
    settings: LanguageModelSettings,
    *,
    vocabulary: Iterable[str] | None = None,
    quantise: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Make a model of texts and write it, whole or not at all.

    Args:
        texts: as `asr.decoding.lm_text.read_blocks` reads them.
        output: ``.asrlm``, ``.arpa`` or ``.arpa.gz``, which decides the format.
        settings: see there.
        vocabulary: the words that the model shall have, seen or not; others become ``<unk>``. None for those seen.
        quantise: store a byte for each number of an ``.asrlm``.
        report: is told what goes on, a line each.

    Raises:
        ConfigError: the normaliser or the kind of output is unknown.
        LanguageModelError: a text cannot be read, or holds no sentence.
        ManifestError: a manifest breaks its format.
    """
    check_output(output, quantise=quantise)
    normalise = get_normaliser(settings.normaliser)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as folder:
        text = Encoded(read_blocks(texts, normalise), Path(folder))
        words, numbers = text.numbered(settings.min_count, vocabulary)
        num_words = len(numbers) - 2 * text.num_sentences
        report(f"{text.num_sentences:,} sentences, {num_words:,} words; {len(words):,} in the vocabulary")
        arrays = _estimated(words, numbers, Path(folder), settings, report)
        kept = ", ".join(f"{end - start:,}" for start, end in pairwise(level_starts(arrays)[1:]))
        report(f"writing {kept} n-grams of order 1, 2, ...")
        if output.suffix == SUFFIX:
            write_model(output, arrays, words, quantised=quantise)
        else:
            write_arpa(output, arrays, [word.decode() for word in words])


def check_output(output: Path, *, quantise: bool) -> None:
    """Check that a name says how to write a model.

    Raises:
        ConfigError: it does not, or is that of a format that cannot be quantised.
    """
    if not output.name.endswith((SUFFIX, ".arpa", ".arpa.gz")):
        raise ConfigError(f"{output}: of unknown kind: end the name in .asrlm, .arpa or .arpa.gz")
    if quantise and output.suffix != SUFFIX:
        raise ConfigError(f"{output}: an ARPA file cannot be quantised: end the name in .asrlm")


def _estimated(
    words: list[bytes],
    numbers: np.ndarray,
    folder: Path,
    settings: LanguageModelSettings,
    report: Callable[[str], None],
) -> NgramArrays:
    counts = count_ngrams(
        words, numbers, settings.order, folder, memory=settings.memory, jobs=settings.jobs, report=report
    )
    model = estimate(counts, folder, settings.cutoffs)
    for order, discounts in enumerate(model.discounts, 1):
        fell_back = " (assumed: the counts of counts give none)" if order in model.fell_back else ""
        report(f"discounts of order {order}: {' '.join(f'{d:.3f}' for d in discounts)}{fell_back}")
    if not settings.prune:
        return select(counts, model, model.keep, normalise=False)
    return select(counts, model, prune(counts, model, settings.prune))
