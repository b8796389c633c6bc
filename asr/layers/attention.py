"""Self-attention over the true frames of an utterance, on top of recurrent layers or in their place.

Recurrent layers below have told every frame where it is; without them it is for `asr.layers.positions` to tell. Memory
grows with the square of the frames: B * heads * T * T floats a layer, twice in training.
"""

from typing import Any

import keras

from asr.layers.dense import dense
from asr.layers.dropout import Dropout
from asr.layers.masks import true_frames, zero_padding
from asr.layers.positions import rotated
from asr.layers.tensor import Tensor, ops


@keras.saving.register_keras_serializable("asr")
class AttentionBlock(keras.layers.Layer):
    """Multi-head self-attention and a feed-forward layer, each added to its input, with layer norm before each.

    Sources: Vaswani et al., "Attention Is All You Need", NeurIPS 2017; norm first: Xiong et al., ICML 2020.
    """

    def __init__(
        self, heads: int, dropout: float, salt: int, *, rotary: bool = False, causal: bool = False, **kwargs: Any
    ) -> None:
        """Make the parts; sizes follow the input.

        Args:
            heads: how many attentions run side by side; the features must be a multiple of it.
            dropout: dropped of what is added to the input, twice.
            salt: as of `asr.layers.dropout.Dropout`; ``salt + 1`` is taken, too.
            rotary: whether queries and keys are turned by their places; the features of a head are even then.
            causal: whether a frame sees none after itself.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.heads, self.rate, self.salt, self.rotary, self.causal = heads, dropout, salt, rotary, causal
        policy: Any = self.dtype_policy
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in range(2)]
        self.dropouts = [Dropout(dropout, salt + number, dtype=policy) for number in range(2)]

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make the projections [F, 3 F] and [F, F] and the feed-forward layer [F, 4 F], [4 F, F]."""
        features, policy = x_shape[-1], self.dtype_policy
        self.projection = dense(3 * features, use_bias=False, dtype=policy)
        self.mixing = dense(features, dtype=policy)
        self.inner = dense(4 * features, activation="relu", dtype=policy)
        self.outer = dense(features, dtype=policy)
        for layer in (*self.norms, self.projection, self.mixing, self.inner):
            layer.build((*x_shape[:-1], features))
        self.outer.build((*x_shape[:-1], 4 * features))
        self.built = True

    def call(self, x: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> Tensor:
        """Return [B, T, F].

        Args:
            x: [B, T, F].
            lengths: [B] true frames; what stands after them is not attended to.
            seeds: [B] int32 for dropout, or None.
        """
        x = zero_padding(x, lengths)
        x = x + self.dropouts[0](self._attended(self.norms[0](x), lengths), seeds=seeds)
        return x + self.dropouts[1](self.outer(self.inner(self.norms[1](x))), seeds=seeds)

    def _attended(self, x: Tensor, lengths: Tensor) -> Tensor:
        size, frames, features = x.shape
        each = features // self.heads
        parts = ops.reshape(self.projection(x), (size, frames, 3, self.heads, each))
        query, key, value = (ops.transpose(parts[:, :, part], (0, 2, 1, 3)) for part in range(3))  # [B, heads, T, each]
        if self.rotary:
            query, key = rotated(query), rotated(key)
        scores = ops.cast(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))), "float32") / each**0.5
        seen = true_frames(lengths, frames)[:, None, None]
        if self.causal:
            places = ops.arange(frames, dtype="int32")
            seen = ops.logical_and(seen, places <= places[:, None])
        scores = ops.where(seen, scores, -1e9)
        # Keras's softmax warns where an utterance has one frame.
        weights = ops.exp(scores - ops.logsumexp(scores, axis=-1, keepdims=True))  # [B, heads, T, T]
        mixed = ops.matmul(ops.cast(weights, value.dtype), value)
        return self.mixing(ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (size, frames, features)))

    def compute_output_shape(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of ``x``."""
        return x_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own = {"heads": self.heads, "dropout": self.rate, "salt": self.salt}
        return {**super().get_config(), **own, "rotary": self.rotary, "causal": self.causal}
