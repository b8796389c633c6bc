"""The least that features can cost one process: read each recording, compute its mel spectrogram, keep nothing."""

from collections.abc import Callable
from pathlib import Path

import librosa
import soundfile
from threadpoolctl import threadpool_limits

from asr.config import FeatureConfig
from asr.features import fft_size, hop_size
from asr.manifest import read_manifest


def build(manifest: Path) -> Callable[[], float]:
    """Return one pass over the recordings, which gives the number of frames."""
    config = FeatureConfig()
    n_fft, hop, num_mels = fft_size(config), hop_size(config), config.num_mels
    paths = [utterance.audio_filepath for utterance in read_manifest(manifest)]

    def run() -> float:
        frames = 0
        with threadpool_limits(1):
            for path in paths:
                waveform, rate = soundfile.read(path, dtype="float32")
                mel = librosa.feature.melspectrogram(y=waveform, sr=rate, n_fft=n_fft, hop_length=hop, n_mels=num_mels)
                frames += mel.shape[1]
        return float(frames)

    return run
