"""What a network is timed on: its sizes, the lengths of its batch, made-up inputs, and the work that they are."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np


@dataclass(frozen=True)
class Case:
    """A stack of bidirectional LSTM layers with a linear output, and one batch for it.

    Attributes:
        name: what ``--case`` calls it.
        layers, units: of the network; units a direction.
        lengths: [B] true frames of each utterance, falling; the first is T.
        features: F of the input.
        classes: V, blank included.
        labels: of each utterance.
    """

    name: str
    layers: int
    units: int
    lengths: tuple[int, ...]
    features: int = 320
    classes: int = 32
    labels: int = 40

    @property
    def num_frames(self) -> int:
        """True frames of the batch."""
        return sum(self.lengths)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Values a frame that each layer is given."""
        return (self.features, *[2 * self.units] * (self.layers - 1))

    def forward_gflop(self) -> float:
        """Return the arithmetic of the forward pass, in 1e9 operations.

        Matrix products only, of true frames only, a multiplication and an addition each: a frame of a layer with input
        I is ``2 directions * 2 * 4H * (I + H)``, of the output ``2 * 2H * V``.
        """
        frame = sum(16 * self.units * (size + self.units) for size in self.inputs) + 4 * self.units * self.classes
        return frame * self.num_frames / 1e9

    def training_gflop(self) -> float:
        """Return the arithmetic of loss and gradients, in 1e9 operations.

        Three times the forward pass (the gradients of weights and of inputs are as many products again), less the
        gradient of the first layer's input, which nobody needs. CTC is not counted.
        """
        return 3 * self.forward_gflop() - 16 * self.units * self.features * self.num_frames / 1e9

    def of_one(self) -> "Case":
        """Return the case with its longest utterance alone."""
        return replace(self, lengths=self.lengths[:1])


_ALIKE = Case("a", layers=3, units=256, lengths=(400,) * 16)
_RAGGED = Case("b", layers=5, units=512, lengths=tuple(int(n) for n in np.linspace(800, 100, 16)))
CASES = {
    case.name: case
    for case in (
        _ALIKE,
        _RAGGED,
        *(replace(_ALIKE, name=f"frames-{frames}", lengths=(frames,) * 16) for frames in (100, 200, 400, 800, 1600)),
        *(replace(_ALIKE, name=f"batch-{size}", lengths=(400,) * size) for size in (4, 8, 16, 32, 64)),
        # Not to time: whether every contender runs.
        Case("tiny", layers=2, units=8, lengths=(12, 9, 5), features=6, classes=5, labels=2),
    )
}


def named(patterns: list[str]) -> list[Case]:
    """Return the cases whose names match, as file names do (``frames-*``).

    Raises:
        ValueError: nothing matches a pattern.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in CASES):
            raise ValueError(f"--case {pattern}: unknown: choose of {', '.join(CASES)}")
    return [case for name, case in CASES.items() if any(fnmatchcase(name, pattern) for pattern in patterns)]


@dataclass(frozen=True)
class Inputs:
    """One batch of made-up data, the same for every contender.

    Attributes:
        frames: [B, T, F] float32, zero past a length.
        lengths: [B] int32.
        labels: [B, U] int32 from 1.
        label_lengths: [B] int32.
    """

    frames: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    label_lengths: np.ndarray


def inputs_of(case: Case) -> Inputs:
    """Return the batch of a case."""
    rng = np.random.default_rng(0)
    lengths = np.array(case.lengths, np.int32)
    frames = rng.normal(size=(len(lengths), max(case.lengths), case.features)).astype(np.float32)
    frames *= (np.arange(max(case.lengths)) < lengths[:, None])[..., None]
    labels = rng.integers(1, case.classes, (len(lengths), case.labels)).astype(np.int32)
    return Inputs(frames, lengths, labels, np.full(len(lengths), case.labels, np.int32))
