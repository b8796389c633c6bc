"""Keras's linear layer, with initial weights that do not depend on the backend."""

from typing import Any

import keras

from asr.layers.initializers import GlorotUniform


def dense(units: int, **options: Any) -> keras.layers.Dense:
    """Return ``keras.layers.Dense(units, **options)`` with a kernel drawn by `GlorotUniform`."""
    initial: Any = GlorotUniform()  # Keras's annotation knows initializers by name only
    return keras.layers.Dense(units, kernel_initializer=initial, **options)
