"""The type of a tensor, in one place: TensorFlow and JAX have no common one, and TensorFlow ships no types."""

from typing import Any, TypeAlias

Tensor: TypeAlias = Any  # what the Keras backend computes with, or a NumPy array
