"""What a recurrent cell is: its sizes, its small weights, one step."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from asr.layers.native.cell import NativeCell
from asr.layers.tensor import Tensor


class Cell(ABC):
    """One step of a recurrent cell; D directions run at once.

    The layer projects the input for all frames at once, ``z = x W + b``; the recurrent weights multiply ``given``, the
    first states of the step before (side by side, with dropout's mask).

    Attributes:
        blocks: G, how many blocks of H values the input is projected to.
        num_states: how many states go from step to step; the first is the output.
        num_given: how many of them, from the first on, the recurrent weights multiply.
        vectors: names of the cell's own weights of H values a direction (peepholes, gains), and what they start from.
        forget_block: the block whose bias starts at 1, so that a new cell remembers (Jozefowicz et al., ICML 2015).
        cudnn: the kernel that computes the same on a GPU; None: there is none.
        projects: whether the output has another size than H.
    """

    blocks: int
    num_states: int = 1
    num_given: int = 1
    vectors: Mapping[str, float] = {}
    forget_block: int | None = None
    cudnn: Literal["lstm", "gru"] | None = None
    projects: bool = False

    @functools.cached_property
    def native(self) -> NativeCell | None:
        """The compiled step for CPUs, made when first asked for.

        None: the step below is differentiated automatically, which is several times slower.
        """
        return None

    def output_size(self, units: int, projection: int | None) -> int:
        """Return the values of the output (and of what recurs); H unless the cell projects it."""
        return units

    def initial_bias(self, units: int) -> np.ndarray:
        """Return the [G * H] values that the bias starts from."""
        bias = np.zeros((self.blocks, units), "float32")
        if self.forget_block is not None:
            bias[self.forget_block] = 1.0
        return bias.ravel()

    def recurrent_pattern(self, units: int) -> np.ndarray | None:
        """Return [R, G * H] of 0 and 1, where recurrent weights are, or None where all of them are."""
        return None

    def gates(
        self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the gates of a step by name, [D, B, H] each from 0 to 1, from what `step` is given; none: no gates."""
        return {}

    @abstractmethod
    def step(self, z: Tensor, given: Tensor, states: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the next states.

        Args:
            z: [D, B, G * H] projected input.
            given: [D, B, R] what the recurrent weights multiply.
            states: [D, B, H] each, of the step before.
            weights: "recurrent_kernel" [D, R, G * H], "vectors" [D, V, H] in the order of ``vectors``, and
                "projection" [D, H, P] of a cell that projects its output.
        """
