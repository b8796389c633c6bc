"""A recurrent layer over utterances of known length, one or two directions."""

from typing import Any

import keras
import tensorflow as tf

from asr.errors import ConfigError
from asr.layers.lstm import LSTMCell
from asr.layers.masks import frame_mask
from asr.layers.scan import Cell, Tensor, scan

CELLS: dict[str, Cell] = {
    "lstm": LSTMCell(),
}


@keras.saving.register_keras_serializable("asr")
class Recurrent(keras.layers.Layer):
    """A layer of one cell of `CELLS`, unidirectional or bidirectional.

    The backward direction starts at each utterance's own last frame. What stands after an utterance's end has no
    influence on anything, and the output there is zero.
    """

    def __init__(self, units: int, *, cell: str = "lstm", bidirectional: bool = True, **kwargs: Any) -> None:
        """Keep the sizes; weights come with the first call.

        Args:
            units: H, outputs a direction.
            cell: a name of `CELLS`.
            bidirectional: whether a second direction runs from last to first frame.
            kwargs: of `keras.layers.Layer`.

        Raises:
            ConfigError: the cell is unknown.
        """
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ConfigError(f"model.cell = {cell!r} is unknown: choose one of {', '.join(CELLS)}")
        self.units, self.cell, self.bidirectional = units, cell, bidirectional

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make kernel [D, F, G * H], recurrent kernel [D, H, G * H] and bias [D, 1, G * H]."""
        directions = 2 if self.bidirectional else 1
        cell = CELLS[self.cell]
        gates, features = cell.num_gates, x_shape[-1]
        self.kernel = self.add_weight(
            shape=(directions, features, gates * self.units),
            # Glorot's bound of one gate's matrix, whatever is stacked beside it.
            initializer=_uniform((6.0 / (features + self.units)) ** 0.5),
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            shape=(directions, self.units, gates * self.units), initializer=_orthogonal_blocks, name="recurrent_kernel"
        )
        self.bias = self.add_weight(
            shape=(directions, 1, gates * self.units),
            initializer=lambda shape, dtype=None: tf.cast(tf.broadcast_to(cell.initial_bias(self.units), shape), dtype),
            name="bias",
        )
        self.built = True

    def call(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the outputs.

        Args:
            x: [B, T, F], T static.
            lengths: [B] true frames of each utterance, 0 <= length <= T.

        Returns:
            [B, T, D * H], zero from each utterance's length on.
        """
        size, frames, features = x.shape
        rows = tf.reshape(tf.transpose(x, (1, 0, 2)), (1, frames * size, features))
        projected = tf.matmul(rows, self.kernel) + self.bias  # [D, T * B, G * H]
        projected = tf.reshape(projected, (-1, frames, size, projected.shape[-1]))
        mask = tf.transpose(frame_mask(lengths, frames))[..., None]  # [T, B, 1]
        outputs = scan(CELLS[self.cell], projected, tf.convert_to_tensor(self.recurrent_kernel), mask)
        outputs = tf.transpose(outputs, (2, 1, 0, 3))  # [B, T, D, H]
        return tf.reshape(outputs, (size, frames, -1))

    def compute_output_shape(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return [B, T, D * H]."""
        return (*x_shape[:2], self.units * (2 if self.bidirectional else 1))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {
            **super().get_config(),
            "units": self.units,
            "cell": self.cell,
            "bidirectional": self.bidirectional,
        }


def _uniform(bound: float) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-bound, bound)


def _orthogonal_blocks(shape: tuple[int, int, int], dtype: Any = None) -> Tensor:
    """Return an orthogonal matrix for each direction and gate (Saxe et al., arXiv:1312.6120)."""
    directions, units, width = shape
    # A new initializer for each block: one and the same would give the same matrix again.
    blocks = [
        [keras.initializers.Orthogonal()((units, units), dtype) for _ in range(width // units)]
        for _ in range(directions)
    ]
    return tf.stack([tf.concat(row, axis=-1) for row in blocks])
