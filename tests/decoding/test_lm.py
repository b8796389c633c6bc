import gzip
import math
import os
import random
import time
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.compile_lm import compile_arpa
from asr.decoding.lm import LanguageModel, compiled_name
from asr.decoding.lm_training import LanguageModelSettings, train_language_model
from asr.errors import LanguageModelError
from tests.reference_lm import ArpaByDefinition

WORDS = ["THE", "CAT", "SAT", "ON", "MAT", "AND", "DOG", "RAN", "É", "FAR"]


def random_sentences(seed: int, number: int, words: list[str] = WORDS) -> list[list[str]]:
    rng = random.Random(seed)
    weights = [1 / (i + 1) for i in range(len(words))]
    return [rng.choices(words, weights, k=rng.randrange(1, 9)) for _ in range(number)]


def write_text(path: Path, sentences: list[list[str]]) -> Path:
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences))
    return path


@pytest.fixture(scope="module")
def arpa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pruned model of order 4, in which some n-grams lack their suffix."""
    folder = tmp_path_factory.mktemp("lm")
    text = write_text(folder / "text", random_sentences(0, 200))
    train_language_model([text], folder / "model.arpa", LanguageModelSettings(order=4, prune=1e-4))
    return folder / "model.arpa"


def test_a_sentence_scores_by_the_definition_of_back_off(arpa: Path) -> None:
    lm, definition = LanguageModel(arpa), ArpaByDefinition(arpa.read_text())
    for sentence in random_sentences(1, 50, [*WORDS, "UNHEARD-OF"]):
        assert lm.score(sentence) == pytest.approx(definition.score(sentence), abs=1e-4)


def test_a_sentence_scores_as_kenlm_scores_it(arpa: Path) -> None:
    kenlm = pytest.importorskip("kenlm", reason="the kenlm package is a peer to compare with, not a dependency")
    lm, peer = LanguageModel(arpa), kenlm.Model(str(arpa))
    for i, sentence in enumerate(random_sentences(2, 10_000, [*WORDS, "UNHEARD-OF"])):
        start, end = i % 2 == 0, i % 3 == 0
        expected = peer.score(" ".join(sentence), bos=start, eos=end)
        assert lm.score(sentence, start=start, end=end) / math.log(10) == pytest.approx(expected, abs=1e-4)


def test_the_probabilities_after_any_history_sum_to_one(arpa: Path) -> None:
    lm = LanguageModel(arpa)
    predicted = [word for word in lm.words if word not in ("<s>", "</s>")]
    for history in random_sentences(3, 20):
        before = lm.score(history, end=False)
        total = math.exp(lm.score(history) - before)
        total += sum(math.exp(lm.score([*history, word], end=False) - before) for word in predicted)
        assert total == pytest.approx(1, abs=1e-4)


def test_words_are_found_by_their_spelling(arpa: Path) -> None:
    lm = LanguageModel(arpa)
    assert list(lm.words[:3]) == ["<unk>", "<s>", "</s>"]
    assert [lm.words[lm.index(word)] for word in WORDS] == WORDS
    assert lm.words.find_all([*lm.words, "UNHEARD-OF"]) == [*range(len(lm.words)), 0]
    assert [lm.index(word) for word in lm.words] == list(range(len(lm.words)))
    assert lm.index("UNHEARD-OF") == 0 and lm.index("") == 0
    assert lm.words[-1] == list(lm.words)[-1]


def test_a_model_without_unk_gives_unknown_words_kenlms_probability(arpa: Path, tmp_path: Path) -> None:
    lines = arpa.read_text().replace("ngram 1=13", "ngram 1=12").splitlines(keepends=True)
    path = tmp_path / "closed.arpa"
    path.write_text("".join(line for line in lines if "<unk>" not in line))
    assert LanguageModel(path).score(["UNHEARD-OF"], start=False, end=False) == pytest.approx(-100 * math.log(10))


def test_an_arpa_file_is_compiled_once_and_again_when_it_changes(arpa: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.arpa.gz"
    path.write_bytes(gzip.compress(arpa.read_bytes()))
    assert LanguageModel(path).score(["CAT"]) == LanguageModel(arpa).score(["CAT"])
    made = (tmp_path / "model.asrlm").stat()
    LanguageModel(path)
    assert (tmp_path / "model.asrlm").stat() == made
    os.utime(path, ns=(0, 0))
    LanguageModel(path)
    assert (tmp_path / "model.asrlm").stat().st_ino != made.st_ino


def test_a_compiled_model_that_is_not_of_the_arpa_file_is_left_alone(
    arpa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "model.arpa"
    path.write_bytes(arpa.read_bytes())
    train_language_model(
        [write_text(tmp_path / "text", [["OTHER"]])], tmp_path / "model.asrlm", LanguageModelSettings()
    )
    assert LanguageModel(path).index("OTHER") == 0
    assert LanguageModel(tmp_path / "model.asrlm").index("OTHER") != 0
    assert len(list((tmp_path / "cache").rglob("*.asrlm"))) == 1


def test_who_opens_the_arpa_file_gets_its_numbers_beside_a_quantised_model(
    arpa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "model.arpa"
    path.write_bytes(arpa.read_bytes())
    compile_arpa(path, tmp_path / "model.asrlm", quantised=True)
    assert LanguageModel(path).score(["CAT", "SAT"]) == LanguageModel(arpa).score(["CAT", "SAT"])


def test_nothing_is_left_beside_a_model_but_the_model(arpa: Path, tmp_path: Path) -> None:
    compile_arpa(arpa, tmp_path / "out" / "model.asrlm")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model.asrlm"]


def test_memory_changes_nothing_in_the_compiled_file(arpa: Path, tmp_path: Path) -> None:
    compile_arpa(arpa, tmp_path / "much.asrlm")
    compile_arpa(arpa, tmp_path / "little.asrlm", memory=2000)
    assert (tmp_path / "much.asrlm").read_bytes() == (tmp_path / "little.asrlm").read_bytes()


def test_a_quantised_model_is_smaller_and_scores_nearly_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = [f"W{i}" for i in range(300)]
    sentences = [[words[min(int(rng.pareto(0.7)), 299)] for _ in range(12)] for _ in range(1500)]
    text = write_text(tmp_path / "text", sentences)
    settings = LanguageModelSettings(order=3)
    train_language_model([text], tmp_path / "whole.asrlm", settings)
    train_language_model([text], tmp_path / "small.asrlm", settings, quantise=True)
    whole, small = LanguageModel(tmp_path / "whole.asrlm"), LanguageModel(tmp_path / "small.asrlm")
    assert (tmp_path / "small.asrlm").stat().st_size < 0.8 * (tmp_path / "whole.asrlm").stat().st_size
    expected, found = whole.perplexity(sentences).perplexity, small.perplexity(sentences).perplexity
    assert found == pytest.approx(expected, rel=0.02)
    assert found != expected


def test_perplexity_counts_unknown_words_and_ends(arpa: Path) -> None:
    lm = LanguageModel(arpa)
    found = lm.perplexity([["THE", "UNHEARD-OF"], ["CAT"]])
    assert (found.sentences, found.words, found.unknown) == (2, 3, 1)
    total = lm.score(["THE", "UNHEARD-OF"]) + lm.score(["CAT"])
    assert found.perplexity == pytest.approx(math.exp(-total / 5))
    unknown = lm.score(["THE", "UNHEARD-OF"], end=False) - lm.score(["THE"], end=False)
    assert found.known_perplexity == pytest.approx(math.exp(-(total - unknown) / 4))
    assert math.isnan(lm.perplexity([]).perplexity)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a compiled model"),
        (b"asrlm 1\n{}\n", "header"),
        (b"asrlm 1\n" + b'{"bytes": 640, "arrays": {}}\n', "cut short"),
    ],
)
def test_what_is_not_a_compiled_model_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.asrlm").write_bytes(content)
    with pytest.raises(LanguageModelError, match=f"bad.asrlm: .*{message}"):
        LanguageModel(tmp_path / "bad.asrlm")


@pytest.mark.parametrize("name", ["none.asrlm", "none.arpa"])
def test_a_model_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(LanguageModelError, match=rf"{name}: No such file"):
        LanguageModel(tmp_path / name)


def test_opening_does_not_read_the_model(tmp_path: Path) -> None:
    """Half a gigabyte that takes no disk: were it read, it would take more than a moment."""
    from asr.decoding.asrlm import allocate, ngram_shapes, word_arrays

    fixed = word_arrays([b"<unk>", b"<s>", b"</s>"])
    shapes = ngram_shapes(40_000_000, 10_000_000) | {name: (len(a), a.dtype) for name, a in fixed.items()}
    arrays = allocate(tmp_path / "big.asrlm", {"order": 3}, shapes)
    arrays["first_child"][:2] = 1, 4
    arrays["word_offsets"][:] = fixed["word_offsets"]
    del arrays
    LanguageModel(tmp_path / "big.asrlm")  # numba loads here
    before = time.process_time()
    LanguageModel(tmp_path / "big.asrlm")
    assert time.process_time() - before < 0.05


@pytest.mark.parametrize(("name", "expected"), [("a.arpa", "a.asrlm"), ("a.b.arpa.gz", "a.b.asrlm"), ("a", "a.asrlm")])
def test_the_compiled_form_is_named_after_the_arpa_file(name: str, expected: str) -> None:
    assert compiled_name(Path("folder") / name) == Path("folder") / expected
