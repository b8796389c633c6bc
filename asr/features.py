"""Waveform in, frames out: librosa's log-mel energies or MFCCs, their deltas, and their normalisation.

Energies are natural logarithms of librosa's mel spectrogram (power, Slaney's filters). Frames are not centred: frame t
covers samples ``t * hop`` to ``t * hop + n_fft``, so that a frame depends on nothing but its own samples and the same
frames come whatever chunk or neighbour they are computed with. (Deltas look ``DELTA_WIDTH // 2`` frames around.)
Normalisation is applied when batches are made, so what lies in shards is not normalised.
"""

import warnings
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self, TypeAlias

import librosa
import numpy as np

from asr.audio import Waveform
from asr.config import FeatureConfig
from asr.errors import RunError, ShapeError, UtteranceError
from asr.files import replacing
from asr.spectral import cepstrum, delta, log_mel

Frames: TypeAlias = np.ndarray  # [T, F]

# librosa.power_to_db's floor too; about what the rounding of 16-bit samples leaves in a mel band.
POWER_FLOOR = 1e-10
DELTA_WIDTH = 9  # frames; librosa's default
_STD_FLOOR = 1e-3  # a dimension that hardly varies (silence, say) is not blown up


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Sums over frames, from which mean and deviation follow; those of two sets are added with ``+``.

    Attributes:
        count: frames.
        total: [F] float64, sum over frames.
        total_of_squares: [F] float64.
    """

    count: int
    total: np.ndarray
    total_of_squares: np.ndarray

    @classmethod
    def of(cls, frames: Frames) -> Self:
        """Return the statistics of frames [T, F]; T may be 0."""
        values = frames.astype(np.float64)
        return cls(len(values), values.sum(axis=0), np.einsum("tf,tf->f", values, values))

    @classmethod
    def none(cls, num_features: int) -> Self:
        """Return the statistics of no frame."""
        return cls(0, np.zeros(num_features), np.zeros(num_features))

    def __add__(self, other: "FeatureStatistics") -> "FeatureStatistics":
        return FeatureStatistics(
            self.count + other.count, self.total + other.total, self.total_of_squares + other.total_of_squares
        )

    @property
    def mean(self) -> np.ndarray:
        """[F] float32; zeros when there is no frame."""
        return (self.total / max(self.count, 1)).astype(np.float32)

    @property
    def std(self) -> np.ndarray:
        """[F] float32, never below a floor that keeps the division by it sound."""
        count = max(self.count, 1)
        variance = self.total_of_squares / count - (self.total / count) ** 2
        return np.sqrt(np.maximum(variance, _STD_FLOOR**2)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class FrontEnd:
    """All that inference needs to make and normalise frames, without asking librosa again.

    Attributes:
        config: how a waveform becomes frames.
        mel: [num_mels, n_fft // 2 + 1] float32, librosa's filter bank.
        window: [n_fft] float32, the Hann window padded with zeros on both sides.
        mean, std: [F] float32 of the training set; None unless ``config.normalisation`` is ``"global"``.
    """

    config: FeatureConfig
    mel: np.ndarray
    window: np.ndarray
    mean: np.ndarray | None = None
    std: np.ndarray | None = None

    def frames(self, waveform: Waveform) -> Frames:
        """Return what `compute_features` does, to 1e-5, without loading librosa; arguments and errors are the same."""
        config = self.config
        check_length(len(waveform), config)
        frames = self.static_frames(waveform)
        orders = [delta(frames, order, DELTA_WIDTH) for order in range(1, config.deltas + 1)]
        return np.concatenate([frames, *orders], axis=1) if orders else frames

    def static_frames(self, waveform: Waveform) -> Frames:
        """Return the frames of a waveform of at least one frame, without their deltas."""
        frames = log_mel(waveform, self.mel, self.window, hop_size(self.config), POWER_FLOOR)
        return cepstrum(frames, self.config.num_mfcc) if self.config.kind == "mfcc" else frames

    def save(self, path: Path) -> None:
        """Write the front end as one ``.npz`` file, atomically."""
        arrays = {"mel": self.mel, "window": self.window, "mean": self.mean, "std": self.std}
        given = {name: array for name, array in arrays.items() if array is not None}
        with replacing(path) as part:
            np.savez(part, config=np.array(self.config.model_dump_json()), **given)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            RunError: the file is missing or is not such a file.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                config = FeatureConfig.model_validate_json(str(arrays["config"]))
                mean, std = (arrays.get(name) for name in ("mean", "std"))
                return cls(config, arrays["mel"], arrays["window"], mean, std)
        except OSError as error:
            raise RunError(f"{path}: {error.strerror or error}: is this a run folder?") from error
        except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise RunError(f"{path}: not a front end written by asr: copy the run folder again") from error


def front_end(config: FeatureConfig, statistics: FeatureStatistics | None = None) -> FrontEnd:
    """Return the front end of a configuration; ``statistics`` are used when it normalises by the training set.

    Raises:
        ShapeError: global normalisation without statistics of at least one frame.
    """
    mean = std = None
    if config.normalisation == "global":
        if statistics is None or not statistics.count:
            raise ShapeError("features.normalisation = 'global' needs the statistics of at least one frame")
        mean, std = statistics.mean, statistics.std
    return FrontEnd(config, _mel_filters(config), _window(config), mean, std)


def compute_features(waveform: Waveform, config: FeatureConfig) -> Frames:
    """Return the frames of one waveform, not normalised.

    Args:
        waveform: [N] float32 at ``config.sample_rate_hz``.
        config: window, hop, mel filters, MFCC, deltas.

    Returns:
        [T, F] float32 with ``T = num_frames(N, config)`` and ``F = config.num_features``.

    Raises:
        UtteranceError: the waveform is shorter than one frame.
    """
    check_length(len(waveform), config)
    frames = _log_mel(np.ascontiguousarray(waveform, np.float32), config)
    if config.kind == "mfcc":
        frames = librosa.feature.mfcc(S=frames.T, n_mfcc=config.num_mfcc).T
    orders = [_delta(frames, order) for order in range(1, config.deltas + 1)]
    return np.concatenate([frames, *orders], axis=1) if orders else np.ascontiguousarray(frames)


def normalise(frames: Frames, front_end: FrontEnd, statistics: FeatureStatistics | None = None) -> Frames:
    """Return frames as float32, each dimension shifted and scaled as ``front_end.config.normalisation`` says.

    ``"utterance"`` gives mean 0 and variance 1 over the utterance itself, or by ``statistics`` where they are given;
    ``"global"`` over the training set.
    """
    frames = frames.astype(np.float32)
    if front_end.config.normalisation == "utterance":
        own = statistics or FeatureStatistics.of(frames)
        return (frames - own.mean) / own.std
    if front_end.mean is not None and front_end.std is not None:
        return (frames - front_end.mean) / front_end.std
    return frames


def num_frames(num_samples: int, config: FeatureConfig) -> int:
    """Return how many frames a waveform of ``num_samples`` has; 0 when it is shorter than one."""
    return max(0, 1 + (num_samples - fft_size(config)) // hop_size(config))


def fft_size(config: FeatureConfig) -> int:
    """Return the samples that a frame covers: the power of two that holds the window."""
    return 1 << (_window_size(config) - 1).bit_length()


def hop_size(config: FeatureConfig) -> int:
    """Return the samples from one frame to the next."""
    return max(1, round(config.hop_s * config.sample_rate_hz))


def check_length(num_samples: int, config: FeatureConfig) -> None:
    """Check that there is a frame.

    Raises:
        UtteranceError: there is none.
    """
    if not num_frames(num_samples, config):
        rate = config.sample_rate_hz
        raise UtteranceError(
            f"{num_samples / rate:.4g} s of audio is shorter than one frame of {fft_size(config) / rate:g} s: "
            f"too short to recognise, leave it out"
        )


def _window_size(config: FeatureConfig) -> int:
    return max(2, round(config.window_s * config.sample_rate_hz))


def _window(config: FeatureConfig) -> np.ndarray:
    return _hann_window(_window_size(config), fft_size(config))


def _mel_filters(config: FeatureConfig) -> np.ndarray:
    return _slaney_filters(config.sample_rate_hz, fft_size(config), config.num_mels, config.min_hz, config.max_hz)


@lru_cache(maxsize=8)
def _hann_window(size: int, padded_size: int) -> np.ndarray:
    window = librosa.filters.get_window("hann", size, fftbins=True)
    return _read_only(librosa.util.pad_center(window, size=padded_size).astype(np.float32))


@lru_cache(maxsize=8)
def _slaney_filters(sample_rate_hz: int, n_fft: int, num_mels: int, min_hz: float, max_hz: float) -> np.ndarray:
    with warnings.catch_warnings():
        # "Empty filters": with many mels and a short window, the lowest have no bin. They stay at the floor.
        warnings.simplefilter("ignore", UserWarning)
        filters = librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=num_mels, fmin=min_hz, fmax=max_hz)
    return _read_only(filters)


def _read_only(array: np.ndarray) -> np.ndarray:
    """Every caller gets the same cached array: nobody may change it."""
    array.flags.writeable = False
    return array


def _log_mel(waveform: Waveform, config: FeatureConfig) -> Frames:
    spectrum = librosa.stft(
        waveform,
        n_fft=fft_size(config),
        hop_length=hop_size(config),
        window=_window(config),
        center=False,
    ).T  # [T, n_fft // 2 + 1]
    power = np.real(spectrum) ** 2 + np.imag(spectrum) ** 2
    return np.log(np.maximum(power @ _mel_filters(config).T, POWER_FLOOR))


def _delta(frames: Frames, order: int) -> Frames:
    """`librosa.feature.delta` over time; an utterance shorter than its window is continued with its last frame."""
    missing = max(0, DELTA_WIDTH - len(frames))
    padded = np.pad(frames, ((0, missing), (0, 0)), mode="edge")
    deltas = librosa.feature.delta(padded, width=DELTA_WIDTH, order=order, axis=0)
    return deltas[: len(frames)].astype(np.float32)
