"""A model of one direction with a look-ahead: what it says of a stream is what it says of the file."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from asr.config import Config
from asr.features import FeatureStatistics, front_end
from asr.tokens import Tokens
from asr.transcribe.transcriber import Transcriber

onnx = pytest.importorskip("onnx", reason="writes the model")
TOKENS = Tokens(["<blank>", " ", *"ABCDE"])
SETTINGS = {
    "features": {"num_mels": 20, "normalisation": "global"},
    "model": {"preset": "streaming", "layers": 2, "units": 16, "look_ahead": 5},
    "decode": {"endpoint": {"silence_s": 60.0, "max_s": 1.0}, "windows": {"window_s": 3.0, "chunk_s": 0.17}},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory, data):
    """Return an untrained model in ONNX's form, loud enough for each frame to say something."""
    import keras

    from asr.audio import read_audio
    from asr.export.network import to_onnx
    from asr.features import compute_features
    from asr.model import AcousticModel
    from asr.onnx_model import OnnxModel

    folder = tmp_path_factory.mktemp("streaming")
    config = Config.model_validate(SETTINGS)
    keras.utils.set_random_seed(0)
    network, rng = AcousticModel(config.model, 20, len(TOKENS)), np.random.default_rng(0)
    for weight in network.trainable_variables:
        weight.assign(np.asarray(weight) + rng.normal(size=weight.shape, scale=0.5))
    onnx.save(to_onnx(network, {}), folder / "model.onnx")
    frames = compute_features(read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000), config.features)
    mean_and_deviation = front_end(config.features, FeatureStatistics.of(frames))
    return OnnxModel(folder, config, TOKENS, mean_and_deviation, folder / "model.onnx", threads=1)


@pytest.fixture
def talk(data, tmp_path):
    """Return a file of some seconds of speech."""
    waveforms = [soundfile.read(path, dtype="float32")[0] for path in sorted(data.glob("an4*.flac"))]
    soundfile.write(tmp_path / "talk.wav", np.concatenate(waveforms * 2), 16_000, subtype="FLOAT")
    return tmp_path / "talk.wav"


def text_of_stream(transcriber, waveform, portions):
    segments = [one for update in transcriber.stream(np.split(waveform, portions)) for one in update.segments]
    return " ".join(segment.text for segment in segments)


@pytest.mark.slow
@pytest.mark.parametrize("beam_size", [1, 4])
def test_the_text_of_a_stream_is_that_of_the_file(model, talk, beam_size):
    waveform, _ = soundfile.read(talk, dtype="float32")
    whole = replace(model, config=Config.model_validate({**SETTINGS, "decode": {}}))
    text = Transcriber(whole, beam_size=beam_size)(talk).text
    assert len(text) > 20
    transcriber = Transcriber(model, beam_size=beam_size)
    for seed in (0, 1):
        portions = np.cumsum(np.random.default_rng(seed).integers(1, 9_000, 30))
        assert text_of_stream(transcriber, waveform, portions) == text
    assert transcriber(talk).text == text  # longer than a window, so read in blocks
