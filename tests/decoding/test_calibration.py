import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding.calibration import Calibration, fit_calibration, load_calibration, save_calibration
from asr.decoding.reliability import cross_entropy, normalised_cross_entropy
from asr.decoding.settings import DecoderSettings, load_settings, save_settings
from asr.errors import ConfigError, RunError, ShapeError

confidence = st.floats(0, 1)
words = st.lists(st.tuples(confidence, st.booleans()), min_size=1, max_size=12)
kinds = pytest.mark.parametrize("kind", ["temperature", "isotonic"])
PLACES = np.linspace(0, 1, 101)


def sides(words):
    return np.array([c for c, _ in words], float), np.array([right for _, right in words], bool)


def isotonic_by_definition(inputs, targets):
    """The least-squares map that never falls, by its max-min formula: O(N**3)."""
    places = np.unique(inputs)
    mean = {(i, j): targets[(inputs >= a) & (inputs <= b)].mean() for i, a in enumerate(places)
            for j, b in enumerate(places) if i <= j}  # fmt: skip
    n = len(places)
    return places, [max(min(mean[i, j] for j in range(k, n)) for i in range(k + 1)) for k in range(n)]


def overconfident_words(seed, num_words):
    """Words of which those with log-odds x are right with log-odds x / 2 + 0.3."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(2.0, 3.0, num_words)
    return 1 / (1 + np.exp(-log_odds)), rng.random(num_words) < 1 / (1 + np.exp(-log_odds / 2 - 0.3))


@given(words)
def test_isotonic_regression_is_the_best_of_all_maps_that_never_fall(words):
    confidences, correct = sides(words)
    calibration = fit_calibration(confidences, correct, kind="isotonic")
    inputs = np.append(confidences, [confidences.max(), confidences.min()])
    places, expected = isotonic_by_definition(inputs, np.append(correct, [0.0, 1.0]))
    assert calibration(places) == pytest.approx(expected)


@settings(max_examples=30)
@given(words)
def test_the_temperature_has_the_least_cross_entropy(words):
    confidences, correct = sides(words)
    calibration = fit_calibration(confidences, correct, kind="temperature")
    found = cross_entropy(calibration(confidences), correct)
    for temperature in np.geomspace(0.01, 100, 41):
        other = Calibration("temperature", temperature=float(temperature))
        assert found <= cross_entropy(other(confidences), correct) + 1e-6


@kinds
@given(words)
def test_a_map_gives_probabilities_and_never_falls(kind, words):
    probabilities = fit_calibration(*sides(words), kind=kind)(PLACES)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (np.diff(probabilities) >= -1e-12).all()


@kinds
@pytest.mark.parametrize("right", [True, False])
def test_all_right_or_all_wrong_or_one_word_gives_a_map(kind, right):
    for confidences in (np.array([0.8]), np.array([0.2, 0.7, 0.7, 1.0])):
        found = fit_calibration(confidences, np.full(len(confidences), right), kind=kind)(confidences)
        assert ((found >= 0) & (found <= 1)).all()


def test_an_isotonic_map_is_never_certain():
    found = fit_calibration(np.array([0.1, 0.2, 0.9, 0.9]), np.array([False, False, True, True]))(PLACES)
    assert found.min() > 0 and found.max() < 1


@kinds
@pytest.mark.parametrize("seed", range(3))
def test_calibration_helps_on_words_that_it_has_not_seen(kind, seed):
    calibration = fit_calibration(*overconfident_words(seed, 2000), kind=kind)
    confidences, correct = overconfident_words(seed + 100, 2000)
    before = normalised_cross_entropy(confidences, correct)
    after = normalised_cross_entropy(calibration(confidences), correct)
    assert after > max(before, 0.0)


@kinds
def test_a_calibration_is_kept_beside_other_keys(kind, tmp_path):
    save_settings(tmp_path, DecoderSettings(lm_weight=0.7))
    calibration = fit_calibration(*overconfident_words(0, 50), kind=kind, scale=0.4, frame_share=0.25)
    save_calibration(tmp_path, calibration)
    assert load_calibration(tmp_path) == calibration
    assert load_settings(tmp_path).lm_weight == 0.7


def test_without_a_calibration_confidences_stay_as_they_are(tmp_path):
    assert load_calibration(tmp_path) == Calibration()
    (tmp_path / "decoder.json").write_text("{}")
    np.testing.assert_array_equal(load_calibration(tmp_path)(PLACES), PLACES)


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"calibration": 3}',
        '{"calibration": {"scale": 1}}',
        '{"calibration": {"kind": "temperature", "scale": 1, "frame_share": 2}}',
        '{"calibration": {"kind": "spline", "scale": 1, "frame_share": 0.5}}',
        '{"calibration": {"kind": "temperature", "temperature": 0, "scale": 1, "frame_share": 0.5}}',
        '{"calibration": {"kind": "temperature", "temperature": NaN, "scale": 1, "frame_share": 0.5}}',
        '{"calibration": {"kind": "isotonic", "inputs": [0.1, 0.5], "outputs": [0.2], "scale": 1, "frame_share": 0.5}}',
        '{"calibration": {"kind": "isotonic", "scale": 1, "frame_share": 0.5, "inputs": [0, 1], "outputs": [1, 0]}}',
        '{"calibration": {"kind": "isotonic", "scale": 1, "frame_share": 0.5}}',
    ],
)
def test_a_damaged_file_is_named(content, tmp_path):
    (tmp_path / "decoder.json").write_text(content)
    with pytest.raises(RunError, match=r"decoder\.json: .*again"):
        load_calibration(tmp_path)


def test_no_words_cannot_be_calibrated_on():
    with pytest.raises(ConfigError, match="no words"):
        fit_calibration(np.zeros(0), np.zeros(0, bool))
    with pytest.raises(ShapeError, match="outside"):
        fit_calibration(np.array([2.0]), np.array([True]))


def test_an_empty_hypothesis_has_nothing_to_map():
    for calibration in (Calibration(), fit_calibration(np.array([0.5]), np.array([True]))):
        assert calibration(np.zeros(0)).shape == (0,)
