"""The page of gates over one utterance: which data the scripts get, and under which names."""

import base64
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from asr.report.gates import WatchedLayer, WatchedUtterance
from asr.report.page.document import page_document

_SCRIPTS = ("dom.js", "format.js", "chart.js", "gates_page.js")


def gates_page(watched: WatchedUtterance, run: str, command: Sequence[str]) -> str:
    """Return the page of one utterance.

    Args:
        watched: what is drawn.
        run: what the model is called.
        command: the command line that makes the page.
    """
    utterance = watched.utterance
    data = {
        "command": shlex.join(command),
        "run": run,
        "id": utterance.id,
        "text": utterance.text,
        "seconds": round(len(watched.frames) * watched.seconds_per_frame, 4),
        "words": [
            {"word": one.word, "start": _within(one.start, utterance.offset), "end": _within(one.end, utterance.offset)}
            for one in watched.words
        ],
        "spectrogram": _map("log-mel spectrogram", _levels(watched.frames)[:, ::-1]),
        "layers": [_layer(layer) for layer in watched.layers],
    }
    return page_document(f"Gates over {utterance.id}", data, _SCRIPTS)


def _within(seconds: float | None, offset: float) -> float:
    """Return a time from the utterance's start."""
    return round((seconds or 0.0) - offset, 4)


def _layer(layer: WatchedLayer) -> dict[str, Any]:
    """Return gates from 0 to 1, and cells and outputs from -1 to 1 through tanh, as the page draws them."""
    order = _order(layer)
    gates = {name: values for name, values in layer.values.items() if name.endswith("gate")}
    others = {name: 0.5 + 0.5 * np.tanh(values) for name, values in layer.values.items() if name not in gates}
    sorted_others = {n: values[:, order] if values.shape[1] == len(order) else values for n, values in others.items()}
    return {
        "number": layer.number,
        "backward": layer.backward,
        "seconds_per_frame": layer.seconds_per_frame,
        "gates": [
            {**_map(name, values[:, order]), "mean": np.round(values.mean(axis=1).astype(float), 4).tolist()}
            for name, values in gates.items()
        ],
        "others": [_map(name, values) for name, values in sorted_others.items()],
    }


def _order(layer: WatchedLayer) -> np.ndarray:
    """Return the units, those first whose first gate (forget or update), or else output, is most open."""
    values = next(iter(layer.values.values()))
    return np.argsort(-values.mean(axis=0), kind="stable")


def _levels(frames: np.ndarray) -> np.ndarray:
    """Return each value's place between the faintest and the loudest of the utterance, from 0 to 1."""
    low, high = float(frames.min()), float(frames.max())
    return (frames - low) / max(high - low, 1e-6)


def _map(name: str, values: np.ndarray) -> dict[str, Any]:
    """Return values [T, H] from 0 to 1 as rows of bytes, a row a unit."""
    pixels = np.clip(np.round(255 * values), 0, 255).astype(np.uint8).T
    coded = base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()
    return {"name": name, "rows": pixels.shape[0], "columns": pixels.shape[1], "values": coded}
