import importlib.util
from pathlib import Path

import numpy as np
import pytest

from asr.config import Config
from asr.tokens import Tokens
from tests.transcribe.conftest import LoudnessModel, beeps

PATH = Path(__file__).resolve().parents[2] / "scripts" / "word_time_errors.py"
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("word_time_errors", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class SpacedLoudnessModel(LoudnessModel):
    """Hears A where it is loud and a space where it is quiet."""

    def log_probs_of_frames(self, frames):
        for utterance in frames:
            loud = utterance.mean(axis=1) > -10.0
            yield np.log(np.where(loud[:, None], [0.05, 0.05, 0.9], [0.05, 0.9, 0.05]))


def test_speech_is_cut_from_the_silence_around_it(script):
    assert len(script.speech_of(beeps(2)[:, 0].astype("float32"), RATE_HZ)) == 0.6 * RATE_HZ
    silence = np.zeros(RATE_HZ, "float32")
    assert len(script.speech_of(silence, RATE_HZ)) == RATE_HZ


def test_a_model_that_hears_exactly_has_errors_below_40_milliseconds(script):
    beep = script.speech_of(beeps(1)[:, 0].astype("float32"), RATE_HZ)
    two = script.speech_of(beeps(2)[:, 0].astype("float32"), RATE_HZ)
    joined = script.join(
        [script.Part(*part, noise=None) for part in [(beep, "A"), (two, "A A"), (beep, "A")]],
        RATE_HZ,
        np.random.default_rng(0),
    )
    assert joined.texts == ("A", "A A", "A") and len(joined.spans) == 3
    model = SpacedLoudnessModel(
        config=Config.model_validate({"model": {"conv": []}}), tokens=Tokens(["<blank>", " ", "A"])
    )
    errors = script.boundary_errors(model, joined)
    assert errors.shape == (3, 2) and np.abs(errors).max() < 0.04
