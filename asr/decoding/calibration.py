"""From a word's confidence to the probability that it is right, fitted on development data.

Two maps: a temperature, which divides the log-odds, with one number to fit; and isotonic regression, the best of all
maps that never fall, which wants a few hundred words. A fitted map is a value, kept in the run folder's
``decoder.json`` under ``"calibration"``; the file's other keys are not touched.

Sources: Guo et al., "On Calibration of Modern Neural Networks" (arXiv:1706.04599) for the temperature; Zadrozny &
Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates" (KDD 2002) for isotonic
regression, by pool adjacent violators (Ayer et al., 1955).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from asr.decoding.reliability import check_confidences, log_odds
from asr.decoding.settings import decoder_file, read_decoder_file, update_decoder_file
from asr.errors import ConfigError, RunError

Kind: TypeAlias = Literal["temperature", "isotonic"]
_KEY = "calibration"

_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map from confidence to probability that never falls, and how the confidence was made that it was fitted for.

    Attributes:
        kind: of the map.
        scale: multiplies hypotheses' scores before they become posteriors, 0 or more.
        frame_share: weight of what the frames say beside the posteriors, in 0..1.
        temperature: divides log-odds, above 0; of a temperature.
        inputs: confidences in rising order; of an isotonic map, at least one.
        outputs: the probability at each of them, never falling; between two, a straight line.
    """

    kind: Kind = "temperature"
    scale: float = 1.0
    frame_share: float = 0.5
    temperature: float = 1.0
    inputs: tuple[float, ...] = ()
    outputs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ConfigError(f"calibration is {self.kind!r}: choose from {', '.join(get_args(Kind))}")
        if not (0 <= self.scale < np.inf and 0 < self.temperature < np.inf and 0 <= self.frame_share <= 1):
            raise ConfigError(
                f"calibration: scale = {self.scale}, temperature = {self.temperature}, frame_share = "
                f"{self.frame_share}: give numbers from 0, above 0, and in 0..1"
            )
        if self.kind == "isotonic" and not self._is_a_map():
            raise ConfigError(
                "calibration: inputs and outputs must be as many, in [0, 1], and never fall: fit it again"
            )

    def _is_a_map(self) -> bool:
        sides = np.array(self.inputs), np.array(self.outputs)
        in_order = all((np.diff(side) >= 0).all() and ((side >= 0) & (side <= 1)).all() for side in sides)
        return len(self.inputs) == len(self.outputs) > 0 and in_order

    def __call__(self, confidences: np.ndarray) -> np.ndarray:
        """Return the probability in [0, 1] that a word is right, for each confidence in [0, 1]."""
        confidences = np.asarray(confidences, np.float64)
        if self.kind == "isotonic":
            return np.interp(confidences, self.inputs, self.outputs)
        if self.temperature == 1.0:
            return confidences
        return _sigmoid(log_odds(confidences) / self.temperature)


def fit_calibration(
    confidences: np.ndarray,
    correct: np.ndarray,
    *,
    kind: Kind = "isotonic",
    scale: float = 1.0,
    frame_share: float = 0.5,
) -> Calibration:
    """Return the map that suits a development set best.

    Args:
        confidences: [N] in [0, 1], each word's.
        correct: [N] bool, whether it was right.
        kind: ``"temperature"``: the least cross entropy; ``"isotonic"``: the least squares of all maps that never
            fall, after one wrong word is added at the top and one right one at the bottom, so that none is certain.
        scale: of the scores that the confidences come from; kept with the map.
        frame_share: likewise, the frames' weight in them.

    Raises:
        ShapeError: the two differ in length, or a confidence is outside [0, 1].
        ConfigError: there is no word.
    """
    confidences, correct = check_confidences(confidences, correct)
    if not len(confidences):
        raise ConfigError("no words to calibrate on: give a development set with hypotheses that are not empty")
    if kind == "temperature":
        return Calibration(kind, scale, frame_share, _fit_temperature(confidences, correct))
    inputs, outputs = _fit_isotonic(
        np.append(confidences, [confidences.max(), confidences.min()]), np.append(correct, [0.0, 1.0])
    )
    return Calibration("isotonic", scale, frame_share, inputs=tuple(inputs.tolist()), outputs=tuple(outputs.tolist()))


def _fit_temperature(confidences: np.ndarray, correct: np.ndarray) -> float:
    """Return the temperature of least cross entropy, between 0.01 and 100.

    Cross entropy is convex in the inverse temperature, so that halving the interval of its slope's sign finds it.
    """
    odds = log_odds(confidences)
    low, high = 0.01, 100.0
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        slope = float(((_sigmoid(middle * odds) - correct) * odds).sum())
        low, high = (low, middle) if slope > 0 else (middle, high)
    return (low * high) ** -0.5


def _fit_isotonic(inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of each level of the least-squares map, and its value there; pool adjacent violators."""
    places, where = np.unique(inputs, return_inverse=True)
    weights = np.bincount(where).astype(np.float64)
    means = np.bincount(where, targets) / weights
    levels: list[tuple[float, float, int, int]] = []  # mean, weight, first place, last place
    for place, (mean, weight) in enumerate(zip(means.tolist(), weights.tolist(), strict=True)):
        levels.append((mean, weight, place, place))
        while len(levels) > 1 and levels[-2][0] >= levels[-1][0]:
            (mean_b, weight_b, _, last), (mean_a, weight_a, first, _) = levels.pop(), levels.pop()
            both = weight_a + weight_b
            levels.append(((mean_a * weight_a + mean_b * weight_b) / both, both, first, last))
    ends = [(place, mean) for mean, _, first, last in levels for place in sorted({first, last})]
    return places[[place for place, _ in ends]], np.array([mean for _, mean in ends])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0.0, -x))


def save_calibration(folder: Path, calibration: Calibration) -> None:
    """Put a calibration into a run folder's ``decoder.json``; what else it holds stays.

    Raises:
        RunError: there is such a file and it is broken.
    """
    value = {name: getattr(calibration, name) for name in ("kind", "scale", "frame_share")}
    of_kind = ("temperature",) if calibration.kind == "temperature" else ("inputs", "outputs")
    update_decoder_file(folder, {_KEY: value | {name: getattr(calibration, name) for name in of_kind}})


def load_calibration(folder: Path) -> Calibration:
    """Return the calibration in a run folder's ``decoder.json``; one that changes nothing where there is none.

    Raises:
        RunError: the file is broken, or its calibration is.
    """
    value = read_decoder_file(folder).get(_KEY)
    if value is None:
        return Calibration()
    try:
        scale, frame_share = float(value["scale"]), float(value["frame_share"])
        temperature = float(value.get("temperature", 1.0))
        inputs, outputs = (tuple(map(float, value.get(side, ()))) for side in ("inputs", "outputs"))
        return Calibration(value["kind"], scale, frame_share, temperature, inputs, outputs)
    except (ConfigError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{decoder_file(folder)}: {_KEY} is broken ({error}): calibrate again, or remove the file"
        ) from error
