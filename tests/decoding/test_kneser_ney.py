import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.decoding.kneser_ney import FALLBACK_DISCOUNTS, find_discounts
from asr.decoding.lm import LanguageModel
from asr.decoding.lm_text import read_blocks
from asr.decoding.lm_training import LanguageModelSettings, train_language_model
from asr.decoding.ngram import level_starts
from asr.decoding.ngram_counts import Encoded, count_ngrams
from asr.errors import ConfigError, LanguageModelError
from tests.reference_lm import KneserNeyByDefinition

WORDS = [f"W{i}" for i in range(30)]


def skewed_sentences(seed: int, number: int) -> list[list[str]]:
    """Words of very different frequency, so that counts of counts give discounts."""
    rng = np.random.default_rng(seed)
    return [[WORDS[min(int(rng.pareto(0.6)), 29)] for _ in range(rng.integers(1, 10))] for _ in range(number)]


def train(folder: Path, sentences: list[list[str]], **settings: Any) -> LanguageModel:
    text, output = folder / "text", folder / "model.asrlm"
    text.write_text("\n".join(" ".join(sentence) for sentence in sentences))
    vocabulary = settings.pop("vocabulary", None)
    train_language_model([text], output, LanguageModelSettings(**settings), vocabulary=vocabulary)
    return LanguageModel(output)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_the_definition(tmp_path: Path, order: int) -> None:
    sentences = skewed_sentences(order, 150)
    lm, definition = train(tmp_path, sentences, order=order), KneserNeyByDefinition(sentences, order)
    for sentence in skewed_sentences(9, 20):
        words = ["<s>", *(word if word in definition.words else "<unk>" for word in sentence), "</s>"]
        expected = [
            math.log(definition.probability(tuple(words[max(i - order + 1, 0) : i]), words[i]))
            for i in range(1, len(words))
        ]
        assert lm.log_probs(sentence) == pytest.approx(expected, abs=1e-4)


def test_discounts_are_chen_and_goodmans() -> None:
    assert find_discounts([100, 40, 20, 10]) == pytest.approx((0.5556, 1.1667, 1.8889), abs=1e-3)


@pytest.mark.parametrize("counts_of_counts", [[0, 1, 1, 1], [10, 0, 1, 1], [10, 5, 0, 1], [10, 5, 2, 0], [3, 1, 2, 9]])
def test_degenerate_counts_of_counts_give_no_discounts(counts_of_counts: list[int]) -> None:
    assert find_discounts(counts_of_counts) is None


def test_a_text_too_small_for_discounts_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("A B\nA C\n")
    lines: list[str] = []
    train_language_model([tmp_path / "text"], tmp_path / "m.asrlm", LanguageModelSettings(order=2), report=lines.append)
    shown = " ".join(f"{discount:.3f}" for discount in FALLBACK_DISCOUNTS)
    assert f"discounts of order 2: {shown} (assumed: the counts of counts give none)" in lines


@pytest.mark.parametrize("settings", [{"cutoffs": (0, 0, 1)}, {"cutoffs": (0, 2)}, {"prune": 1e-3}, {"min_count": 5}])
def test_what_is_left_after_any_history_sums_to_one(tmp_path: Path, settings: dict[str, Any]) -> None:
    lm = train(tmp_path, skewed_sentences(3, 300), **settings)
    whole = train(tmp_path, skewed_sentences(3, 300))
    assert len(lm.arrays.word) < len(whole.arrays.word)
    predicted = [word for word in lm.words if word not in ("<s>", "</s>")]
    for history in skewed_sentences(4, 10):
        before = lm.score(history, end=False)
        total = math.exp(lm.score(history) - before)
        total += sum(math.exp(lm.score([*history, word], end=False) - before) for word in predicted)
        assert total == pytest.approx(1, abs=1e-4)


def test_cutoffs_leave_out_what_is_as_rare_or_rarer(tmp_path: Path) -> None:
    lm = train(tmp_path, [["A", "B"], ["A", "B"], ["A", "C"]], order=2, cutoffs=(0, 1))
    levels = level_starts(lm.arrays)
    pairs = {lm.words[word] for word in lm.arrays.word[levels[2] : levels[3]]}
    assert levels[3] - levels[2] == 3 and pairs == {"A", "B", "</s>"}  # <s> A, A B, B </s>; not A C, C </s>


def test_a_vocabulary_gives_the_words_seen_or_not(tmp_path: Path) -> None:
    lm = train(tmp_path, [["A", "B"], ["A", "C"]], vocabulary=["A", "NEVER-SEEN"])
    assert list(lm.words) == ["<unk>", "<s>", "</s>", "A", "NEVER-SEEN"]
    assert math.isfinite(lm.score(["NEVER-SEEN"]))
    assert lm.score(["A", "B"]) > lm.score(["A", "NEVER-SEEN"])  # B was seen, as <unk>


def test_rare_words_become_unknown(tmp_path: Path) -> None:
    lm = train(tmp_path, [["A", "B"], ["A", "C"]], min_count=2)
    assert list(lm.words) == ["<unk>", "<s>", "</s>", "A"]


def test_counts_do_not_depend_on_memory_or_threads(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("\n".join(" ".join(sentence) for sentence in skewed_sentences(5, 200)))
    found = []
    for name, memory, jobs in (("much", 10**8, 1), ("little", 5000, 2)):
        folder = tmp_path / name
        folder.mkdir()
        words, numbers = Encoded(read_blocks([text], str.strip), folder).numbered(1, None)
        found.append(count_ngrams(words, numbers, 3, folder, memory=memory, jobs=jobs))
    much, little = found
    assert much.words == little.words and much.starts == little.starts
    for expected, array in zip(much.trie, little.trie, strict=True):
        assert np.array_equal(expected, array)
    assert much.trie.count[0] == sum(len(sentence) + 1 for sentence in skewed_sentences(5, 200))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no sentence"),
        (b"A\n\xff\n", "text:2: not UTF-8"),
        (b"A\nB <s> C\n", "text:2: <s> as a word"),
        (b"\x1f\x8b\x08\x00", "cannot be read to its end"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 20, "cannot be read to its end"),  # not cut, but wrong
    ],
)
def test_a_text_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(LanguageModelError, match=message):
        train_language_model([tmp_path / "text"], tmp_path / "m.asrlm", LanguageModelSettings())
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


@pytest.mark.parametrize("settings", [{"order": 0}, {"cutoffs": (1, 1)}, {"cutoffs": (0, 2, 1)}])
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        LanguageModelSettings(**settings)


def test_an_output_of_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"m\.bin: of unknown kind"):
        train_language_model([], tmp_path / "m.bin", LanguageModelSettings())
    with pytest.raises(ConfigError, match="cannot be quantised"):
        train_language_model([], tmp_path / "m.arpa", LanguageModelSettings(), quantise=True)
