"""The usual names of recurrent layers: each is `Recurrent` with a cell of its own unless another one is named."""

from typing import Any

import keras

from asr.layers.recurrent import Recurrent


@keras.saving.register_keras_serializable("asr")
class RNN(Recurrent):
    """The vanilla recurrent layer; see `asr.layers.cells.rnn`."""

    def __init__(self, units: int, *, cell: str = "rnn", **kwargs: Any) -> None:
        """Keep the sizes; arguments as of `Recurrent`."""
        super().__init__(units, cell=cell, **kwargs)


@keras.saving.register_keras_serializable("asr")
class LSTM(Recurrent):
    """Long short-term memory with a forget gate, or the variant that ``cell`` names; see `asr.layers.cells.lstm`."""

    def __init__(self, units: int, *, cell: str = "lstm", **kwargs: Any) -> None:
        """Keep the sizes; arguments as of `Recurrent`."""
        super().__init__(units, cell=cell, **kwargs)


@keras.saving.register_keras_serializable("asr")
class GRU(Recurrent):
    """The gated recurrent unit, reset after the product unless ``cell`` says before; see `asr.layers.cells.gru`."""

    def __init__(self, units: int, *, cell: str = "gru", **kwargs: Any) -> None:
        """Keep the sizes; arguments as of `Recurrent`."""
        super().__init__(units, cell=cell, **kwargs)
