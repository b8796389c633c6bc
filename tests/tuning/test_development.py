from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asr.decoding.decode import Decoder
from asr.decoding.lexicon import Lexicon
from asr.decoding.settings import DecoderSettings
from asr.errors import ScoringError, ShapeError
from asr.tokens import Tokens
from asr.tuning.development import DevelopmentSet

TOKENS = Tokens(["<blank>", "A", "B"])
SURE = np.log(np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]], np.float32))


def written(tmp_path, references="a A\nb AB\n", **log_probs):
    np.savez(tmp_path / "p.npz", **log_probs)
    (tmp_path / "r.txt").write_text(references)
    return tmp_path / "p.npz", tmp_path / "r.txt"


def test_log_probabilities_and_references_are_joined_by_id(tmp_path):
    files = written(tmp_path, b=SURE, c=SURE, a=SURE[:1])
    found = DevelopmentSet.load(*files, TOKENS)
    assert list(found.references) == list(found.log_probs) == ["a", "b"]
    assert found.log_probs["a"].shape == (1, 3)
    assert found.num_unused == 1


def test_an_utterance_without_log_probabilities_is_named(tmp_path):
    with pytest.raises(ScoringError, match=r"nothing for 1 of the 2 utterances of .*such as b: save"):
        DevelopmentSet.load(*written(tmp_path, a=SURE), TOKENS)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_of_arrays_is_one_line(tmp_path, content):
    files = written(tmp_path, a=SURE)
    files[0].write_bytes(content)
    with pytest.raises(ScoringError, match=r"p.npz: not log-probabilities by utterance id .*--save-log-probs"):
        DevelopmentSet.load(*files, TOKENS)


def test_a_single_array_is_no_archive(tmp_path):
    files = written(tmp_path, a=SURE)
    with files[0].open("wb") as file:
        np.save(file, SURE)
    with pytest.raises(ScoringError, match="not log-probabilities by utterance id"):
        DevelopmentSet.load(*files, TOKENS)


def test_log_probabilities_of_another_model_are_named(tmp_path):
    with pytest.raises(ShapeError, match=r"p.npz: a: log-probabilities have 3 classes and there are 2 tokens"):
        DevelopmentSet.load(*written(tmp_path, a=SURE, b=SURE), Tokens(["<blank>", "A"]))


def test_what_no_lexicon_word_fits_is_an_empty_text(tmp_path):
    only_a = np.full((2, 3), -np.inf, np.float32)
    only_a[:, 1] = 0.0
    found = DevelopmentSet.load(*written(tmp_path, a=only_a, b=SURE), TOKENS)
    decoder = Decoder(TOKENS, DecoderSettings(beam_size=4), lexicon=Lexicon(["B"]))
    with ThreadPoolExecutor(2) as executor:
        assert found.texts(decoder, executor)["a"] == ""
    assert found.greedy_texts(TOKENS) == {"a": "A", "b": "A"}


def test_a_digest_is_of_all_that_is_tried_on(tmp_path):
    digests = {
        DevelopmentSet.load(*written(tmp_path, references, a=first, b=SURE), TOKENS).digest()
        for references in ("a A\nb AB\n", "a B\nb AB\n", "b AB\na A\n")
        for first in (SURE, SURE[:1])
    }
    assert len(digests) == 6
