import json
import shutil

import numpy as np
import pytest

from asr.audio import read_audio
from asr.errors import RunError, UtteranceError
from asr.features import compute_features
from asr.run import find_weights, load
from asr.trained_model import log_softmax


@pytest.fixture(scope="module")
def run(tiny_run):
    return load(tiny_run)


@pytest.fixture
def copy(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "run")


def test_log_probabilities_sum_to_one_a_frame(run, data):
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000)
    log_probs = run.log_probs(waveform, 16_000)
    frames = len(compute_features(waveform, run.config.features))
    assert log_probs.shape == (run.model.output_lengths(frames), len(run.tokens))
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=1e-5)


def test_utterances_together_give_what_each_gives_alone_in_their_order(run):
    rng = np.random.default_rng(0)
    frames = [rng.normal(size=(n, 20)).astype("float32") for n in (90, 30, 64, 200, 65, 31, 1)]
    together = list(run.log_probs_of_frames(frames))
    for utterance, found in zip(frames, together, strict=True):
        (alone,) = run.log_probs_of_frames([utterance])
        np.testing.assert_allclose(found, alone, atol=1e-5)


def test_any_sample_rate_is_taken(run, data):
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=48_000)
    low = run.log_probs(read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=16_000), 16_000)
    high = run.log_probs(waveform, 48_000)
    assert abs(len(low) - len(high)) <= 1
    np.testing.assert_allclose(low[:20], high[:20], atol=0.1)  # resampled twice


def test_audio_shorter_than_a_frame_is_an_error(run):
    with pytest.raises(UtteranceError, match="shorter than one frame"):
        run.log_probs(np.zeros(100, "float32"), 16_000)


def test_a_run_says_how_far_apart_its_frames_are(run):
    assert run.seconds_per_frame == pytest.approx(0.02)


def test_averaged_weights_come_before_the_best_and_the_best_before_the_last(copy):
    (copy / "weights" / "average.weights.h5").unlink(missing_ok=True)
    best = (copy / "weights" / "best").read_text().strip()
    assert find_weights(copy).parent.name == best
    (copy / "weights" / "best").unlink()
    assert find_weights(copy).parent.name == (copy / "weights" / "last").read_text().strip()
    (copy / "weights" / "average.weights.h5").write_bytes(b"")
    assert find_weights(copy).name == "average.weights.h5"


def test_a_run_folder_holds_what_a_result_depends_on(tiny_run):
    environment = json.loads((tiny_run / "environment.json").read_text())
    assert environment["seed"] == 1
    assert environment["versions"]["keras"]
    assert environment["devices"].startswith("OneDeviceStrategy, 1 replica: ")
    assert (tiny_run / "excluded.jsonl").read_text() == ""
    assert "learning_rate = 0.001" in (tiny_run / "config.toml").read_text()


def test_vocabulary_and_weights_that_disagree_are_named(copy):
    path = copy / "tokens.json"
    value = json.loads(path.read_text())
    path.write_text(json.dumps(value | {"labels": value["labels"][:-1]}))
    with pytest.raises(RunError, match=r"model.weights.h5: does not fit config.toml and the \d+ labels of tokens.json"):
        load(copy)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.toml", "not a run folder"),
        ("tokens.json", "not a token file"),
        ("features.npz", "features.npz"),
    ],
)
def test_a_missing_part_is_named(copy, name, message):
    (copy / name).unlink()
    with pytest.raises(RunError, match=message):
        load(copy)


def test_a_run_without_weights_says_so(copy):
    shutil.rmtree(copy / "weights")
    with pytest.raises(RunError, match="no weights yet"):
        load(copy)


def test_damaged_weights_are_an_error(copy):
    for path in copy.rglob("*.weights.h5"):
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"does not fit|restore the run folder"):
        load(copy)


def test_log_softmax_survives_large_logits():
    found = log_softmax(np.array([[1e4, 0.0], [-1e4, -1e4]], "float32"))
    np.testing.assert_allclose(found, [[0, -1e4], [-np.log(2), -np.log(2)]], rtol=1e-6)
