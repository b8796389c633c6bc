from pathlib import Path

import numpy as np
import pytest

from asr.decoding.arpa_writer import words_of, write_arpa
from asr.decoding.kneser_ney import Estimate, estimate
from asr.decoding.lm_text import read_blocks
from asr.decoding.ngram import NgramArrays, level_starts
from asr.decoding.ngram_counts import Encoded, NgramCounts, count_ngrams
from asr.decoding.pruning import prune, select
from tests.reference_lm import ArpaByDefinition, entropy_change

Model = tuple[NgramCounts, Estimate]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a 3-gram model of 25 words in 200 sentences."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("lm")
    lines = (" ".join(f"W{min(int(rng.pareto(0.6)), 24)}" for _ in range(rng.integers(1, 9))) for _ in range(200))
    (folder / "text").write_text("\n".join(lines))
    words, text = Encoded(read_blocks([folder / "text"], str.strip), folder).numbered(1, None)
    counts = count_ngrams(words, text, 3, folder, memory=10**7)
    return counts, estimate(counts, folder)


def spelled(counts: NgramCounts, arrays: NgramArrays, order: int) -> list[tuple[str, ...]]:
    start, end = level_starts(arrays)[order : order + 2]
    rows = words_of(arrays, np.arange(start, end), order)
    return [tuple(counts.words[word].decode() for word in row) for row in rows]


def test_exactly_the_longest_ngrams_below_the_threshold_go(model: Model, tmp_path: Path) -> None:
    counts, estimated = model
    whole = select(counts, estimated, estimated.keep, normalise=False)
    write_arpa(tmp_path / "whole.arpa", whole, [word.decode() for word in counts.words])
    definition = ArpaByDefinition((tmp_path / "whole.arpa").read_text())
    vocabulary = [word.decode() for word in counts.words if word != b"<s>"]
    threshold = 2e-4
    kept = set(spelled(counts, select(counts, estimated, prune(counts, estimated, threshold)), 3))
    ngrams = spelled(counts, whole, 3)
    assert 0 < len(kept) < len(ngrams)
    contexts = dict(zip(spelled(counts, whole, 2), counts.trie.count[slice(*counts.starts[2:4])], strict=True))
    for ngram in ngrams[::7]:
        history_prob = contexts[ngram[:-1]] / counts.trie.count[0]
        change = entropy_change(definition, vocabulary, ngram, float(history_prob))
        if abs(change - threshold) > 1e-6:
            assert (ngram in kept) == (change >= threshold)


def test_the_context_of_what_stays_stays(model: Model) -> None:
    counts, estimated = model
    keep = prune(counts, estimated, 1e-3)
    first_child = counts.trie.first_child
    for node in range(counts.starts[-2]):
        assert keep[node] or not keep[first_child[node] : first_child[node + 1]].any()


def test_a_higher_threshold_keeps_less(model: Model) -> None:
    counts, estimated = model
    numbers = [int(prune(counts, estimated, threshold).sum()) for threshold in (1e-6, 1e-4, 1e-3, 0.5)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[-1]
    assert numbers[-1] == 1 + len(counts.words)  # words stay


def test_what_stays_keeps_its_probability(model: Model) -> None:
    counts, estimated = model
    keep = prune(counts, estimated, 1e-3)
    arrays = select(counts, estimated, keep)
    assert np.array_equal(arrays.log_prob, estimated.log_prob[keep])
    assert np.array_equal(arrays.word, counts.trie.word[keep])
