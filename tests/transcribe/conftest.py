"""A model that needs no network: what it hears follows from the loudness of each frame."""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.config import Config
from asr.features import FeatureStatistics, FrontEnd, compute_features, front_end
from asr.tokens import Tokens


@dataclass
class LoudnessModel:
    """Hears A where it is loud and nothing where it is quiet; remembers how many recordings it got at once."""

    folder: Path = Path("runs/fake")
    config: Config = field(default_factory=Config)
    tokens: Tokens = field(default_factory=lambda: Tokens(["<blank>", "A"]))
    batch_sizes: list[int] = field(default_factory=list)

    def frames(self, waveform: np.ndarray) -> np.ndarray:
        return compute_features(waveform, self.config.features)

    @property
    def front_end(self) -> FrontEnd:
        return front_end(self.config.features)

    def log_probs_of_frames(
        self, frames: Sequence[np.ndarray], statistics: Sequence[FeatureStatistics] | None = None
    ) -> Iterator[np.ndarray]:
        self.batch_sizes.append(len(frames))
        for utterance in frames:
            loud = utterance.mean(axis=1) > -10.0  # a log-mel mean; silence has log(1e-10) = -23
            yield np.log(np.where(loud[:, None], [0.1, 0.9], [0.9, 0.1]))


@pytest.fixture
def model() -> LoudnessModel:
    return LoudnessModel()


def beeps(count: int, rate_hz: int = 16_000, num_channels: int = 1) -> np.ndarray:
    """Bursts of noise of 0.2 s between silences of 0.2 s: [N, C]."""
    silence = np.zeros(rate_hz // 5)
    burst = np.random.default_rng(0).uniform(-0.5, 0.5, rate_hz // 5)
    mono = np.concatenate([silence, *([burst, silence] * count)])
    return np.repeat(mono[:, None], num_channels, axis=1)


@pytest.fixture
def sounds(tmp_path) -> Path:
    """Return a folder with sound files of 1, 2 and 3 beeps in three formats, and a broken one."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    soundfile.write(folder / "one.wav", beeps(1), 16_000)
    soundfile.write(folder / "two.flac", beeps(2, 44_100, num_channels=2), 44_100)
    soundfile.write(folder / "three.ogg", beeps(3, 8_000), 8_000)
    (folder / "broken.wav").write_text("not a sound")
    return folder


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt the tests; a job in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
