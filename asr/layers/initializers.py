"""Initial weights, drawn by NumPy: one seed gives the same under every backend, and nothing is compiled for them.

Each initializer takes its own seed when it is made, from Python's generator, as those of Keras do.
"""

import itertools
import math
import random
from abc import abstractmethod
from typing import Any

import keras
import numpy as np

from asr.layers.tensor import Tensor, ops


def set_seed(seed: int) -> None:
    """Let all weights of layers that are made from here on follow from ``seed``.

    `keras.utils.set_random_seed` does that, too, but imports TensorFlow under any backend.
    """
    random.seed(seed)


class _Drawn(keras.initializers.Initializer):
    """What `_draw` gives, as a tensor."""

    def __init__(self) -> None:
        """Take a seed; an initializer gives the same values at each call."""
        self._seed = random.getrandbits(32)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Tensor:
        """Return the values of a weight."""
        values = self._draw(np.random.default_rng(self._seed), tuple(shape))
        return ops.convert_to_tensor(values.astype("float32"), dtype)

    @abstractmethod
    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray: ...


@keras.saving.register_keras_serializable("asr")
class Uniform(_Drawn):
    """Uniform between ``-bound`` and ``bound``."""

    def __init__(self, bound: float) -> None:
        """Keep the bound."""
        super().__init__()
        self.bound = bound

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.uniform(-self.bound, self.bound, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this initializer again."""
        return {"bound": self.bound}


@keras.saving.register_keras_serializable("asr")
class GlorotUniform(_Drawn):
    """Uniform, of variance 2 / (fan in + fan out) (Glorot & Bengio, AISTATS 2010)."""

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        field = math.prod(shape[:-2])
        bound = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
        return rng.uniform(-bound, bound, shape)


@keras.saving.register_keras_serializable("asr")
class HeUniform(_Drawn):
    """Uniform, of variance 2 / fan in, for what a ReLU follows (He et al., arXiv:1502.01852)."""

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        bound = math.sqrt(6 / math.prod(shape[:-1]))
        return rng.uniform(-bound, bound, shape)


@keras.saving.register_keras_serializable("asr")
class OrthogonalBlocks(_Drawn):
    """An orthogonal matrix for every ``size`` columns and up to as many rows (Saxe et al., arXiv:1312.6120)."""

    def __init__(self, size: int) -> None:
        """Keep the size."""
        super().__init__()
        self.size = size

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        values, size = np.empty(shape), self.size
        rows, columns = range(0, shape[1], size), range(0, shape[2], size)
        for matrix, row, column in itertools.product(values, rows, columns):
            block = matrix[row : row + size, column : column + size]
            block[:] = _orthogonal(rng, *block.shape)
        return values

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this initializer again."""
        return {"size": self.size}


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Return [rows, columns], the shorter ones orthonormal, uniform among all such matrices."""
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))  # else QR's own choice of signs would not be uniform
    return q if rows >= columns else q.T
