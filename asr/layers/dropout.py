"""Dropout that depends on the utterance and the step, and on nothing else.

Framework dropout draws one stream for the batch, so an utterance's mask changes with its neighbours, its padding and
the number of devices. Here each mask value is a hash of (seed of the utterance, frame, feature): the same on one
device, on two replicas and after a resume. The caller makes one seed for each utterance and step.
"""

import functools
from typing import Any

import keras
import tensorflow as tf

from asr.layers.tensor import Tensor


@keras.saving.register_keras_serializable("asr")
class Dropout(keras.layers.Layer):
    """Zero each value with probability ``rate`` in training and scale the rest by 1 / (1 - rate).

    Source: Srivastava et al., "Dropout", JMLR 15, 2014.
    """

    def __init__(self, rate: float, salt: int, **kwargs: Any) -> None:
        """Keep the rate.

        Args:
            rate: 0 <= rate < 1.
            salt: a number that tells this layer from the model's other dropout layers.
            kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.rate, self.salt = rate, salt

    def call(self, x: Tensor, seeds: Tensor | None = None) -> Tensor:
        """Return ``x`` with values dropped, or ``x`` itself without seeds.

        Args:
            x: [B, T, F].
            seeds: [B] int32, one for each utterance and step; None outside training.
        """
        if seeds is None or self.rate == 0:
            return x
        return _dropped(x, seeds, self.rate, self.salt)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "rate": self.rate, "salt": self.salt}


def _dropped(x: Tensor, seeds: Tensor, rate: float, salt: int) -> Tensor:
    keep = _kept(seeds, tf.constant(salt, tf.uint32), tf.constant(rate), frames=x.shape[1], features=x.shape[2])
    return tf.where(keep, x / tf.cast(1 - rate, x.dtype), tf.zeros((), x.dtype))


@functools.partial(tf.function, jit_compile=True, autograph=False)  # one pass over memory instead of a dozen
def _kept(seeds: Tensor, salt: Tensor, rate: Tensor, *, frames: int, features: int) -> Tensor:
    """Return [B, T, F] booleans, each true with probability 1 - ``rate``."""
    utterance = _hash(tf.cast(seeds, tf.uint32) + _hash(salt))[:, None, None]
    frame = _hash(utterance + tf.cast(tf.range(frames), tf.uint32)[:, None])  # [B, T, 1]
    bits = _hash(frame + tf.cast(tf.range(features), tf.uint32))  # [B, T, F]
    # The upper 24 bits, which float32 holds exactly.
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) >= rate * 2.0**24


def _hash(value: Tensor) -> Tensor:
    """Return well-mixed 32 bits of each uint32 (Wellons, "lowbias32", 2018: shifts and odd factors found by search)."""

    def shifted(value: Tensor, bits: int) -> Tensor:
        return tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(bits, tf.uint32)))

    value = shifted(value + tf.constant(0x9E3779B9, tf.uint32), 16) * tf.constant(0x7FEB352D, tf.uint32)
    return shifted(shifted(value, 15) * tf.constant(0x846CA68B, tf.uint32), 16)
