"""A development set without a model: log-probabilities of sentences, blurred, so that greedy search errs."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.lm import LanguageModel
from asr.decoding.lm_training import LanguageModelSettings, train_language_model
from asr.tokens import Tokens

SENTENCES = ["GO ON", "STOP", "NO GO", "GO ON GO", "STOP ON GO", "NO", "ON ON STOP", "GO NO"]
TOKENS = Tokens(["<blank>", " ", *"GNOPST"])


@dataclass(frozen=True)
class Material:
    """Files of a tuning: ``run`` with tokens only, ``log_probs``, ``manifest``, ``lm``, ``lexicon``."""

    run: Path
    log_probs: Path
    manifest: Path
    lm: Path
    lexicon: Path


def blurred(text: str, rng: np.random.Generator) -> np.ndarray:
    """Return log-probabilities [T, V] in which the text is likely, and others are, too."""
    path = [label for one in TOKENS.encode(text) for label in (one, 0)]
    logits = rng.normal(scale=1.4, size=(len(path), len(TOKENS)))
    logits[np.arange(len(path)), path] += 2.0
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def session_material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    folder = tmp_path_factory.mktemp("tuning")
    found = Material(*(folder / name for name in ("run", "dev.npz", "dev.jsonl", "lm.asrlm", "words.txt")))
    found.run.mkdir()
    TOKENS.save(found.run / "tokens.json")
    rng = np.random.default_rng(5)
    np.savez(found.log_probs, **{f"utterance-{n}": blurred(text, rng) for n, text in enumerate(SENTENCES)})
    rows = [{"id": f"utterance-{n}", "audio_filepath": "x", "duration": 1, "text": t} for n, t in enumerate(SENTENCES)]
    found.manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = folder / "text.txt"
    text.write_text("\n".join(SENTENCES * 3) + "\n")
    train_language_model([text], found.lm, LanguageModelSettings(order=2))
    found.lexicon.write_text("GO\nON\nNO\nSTOP\n")
    return found


@pytest.fixture
def material(session_material: Material, tmp_path: Path) -> Material:
    """Return the files, with a run folder of the test's own."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "tokens.json").write_bytes((session_material.run / "tokens.json").read_bytes())
    return Material(run, *(getattr(session_material, name) for name in ("log_probs", "manifest", "lm", "lexicon")))


@pytest.fixture(scope="session")
def lm(session_material: Material) -> LanguageModel:
    return LanguageModel(session_material.lm)
