"""What stands between frames and the first self-attention layer: a linear layer, positions, dropout."""

from typing import Any

import keras

from asr.layers.dense import dense
from asr.layers.dropout import Dropout
from asr.layers.positions import sinusoids
from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class AttentionInput(keras.layers.Layer):
    """Frames of any size as frames of ``units`` values, with sinusoidal positions added where they are asked for.

    Source: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, sections 3.4 and 3.5; their embeddings are
    multiplied by the root of their size, which the linear layer here learns.
    """

    def __init__(self, units: int, dropout: float, salt: int, *, sinusoidal: bool = False, **kwargs: Any) -> None:
        """Keep the sizes.

        Args:
            units: values of a frame that comes out; 0: as many as go in, and no linear layer.
            dropout: dropped of the sum.
            salt: as of `asr.layers.dropout.Dropout`.
            sinusoidal: whether positions are added.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.units, self.rate, self.salt, self.sinusoidal = units, dropout, salt, sinusoidal
        self.dropout = Dropout(dropout, salt, dtype=self.dtype_policy)  # pyright: ignore[reportArgumentType]

    def build(self, x_shape: tuple[int, ...]) -> None:
        """Make the linear layer [F, units]."""
        self.projection = dense(self.units, dtype=self.dtype_policy) if self.units else None
        if self.projection is not None:
            self.projection.build(x_shape)
        self.built = True

    def call(self, x: Tensor, seeds: Tensor | None = None) -> Tensor:
        """Return [B, T, units] of ``x`` [B, T, F]; ``seeds`` [B] int32 are for dropout, or None."""
        x = x if self.projection is None else self.projection(x)
        if self.sinusoidal:
            x = x + ops.cast(sinusoids(x.shape[1], x.shape[2]), x.dtype)
        return self.dropout(x, seeds=seeds)

    def compute_output_shape(self, x_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return [B, T, units]."""
        return (*x_shape[:-1], self.units or x_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own = {"units": self.units, "dropout": self.rate, "salt": self.salt, "sinusoidal": self.sinusoidal}
        return {**super().get_config(), **own}
