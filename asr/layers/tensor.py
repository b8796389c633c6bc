"""What layers compute with: tensors of the backend that Keras runs on, and Keras's functions of them."""

from typing import Any, TypeAlias

import keras

Tensor: TypeAlias = Any  # of TensorFlow, which ships no types, or JAX; NumPy arrays where a function takes them

ops: Any = keras.ops  # Keras annotates little, and what type checkers then infer may be None everywhere
