"""Keras layers over utterances of known length: every layer takes ``(x [B, T, ...], lengths [B])``.

    layer = asr.layers.LSTM(512, bidirectional=True)
    outputs = layer(x, lengths)     # [B, T, 2 * 512], zeros past a length

Each name is imported when it is first used: Keras is not loaded before.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asr.layers.cells.table import CELLS
    from asr.layers.named import GRU, LSTM, RNN
    from asr.layers.recurrent import Recurrent

__all__ = ["CELLS", "GRU", "LSTM", "RNN", "Recurrent"]

_MODULES = {
    "CELLS": "asr.layers.cells.table",
    "GRU": "asr.layers.named",
    "LSTM": "asr.layers.named",
    "RNN": "asr.layers.named",
    "Recurrent": "asr.layers.recurrent",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'asr.layers' has no public name {name!r}: there are {', '.join(__all__)}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
