"""A label that depends on one frame long ago: which cells learn it, and how much gradient comes back from there.

    python long_memory.py --output results

Each frame is a value, 1 or -1 at random, and a mark, which is 1 at the first frame and 0 at all others. The label,
asked for at the last frame, is the value that was marked (after the problems of Hochreiter & Schmidhuber, "Long
Short-Term Memory", 1997, section 5). A layer of `asr.layers`, a linear layer on its last frame, Adam: an ordinary Keras
training.

What an LSTM remembers at the start is a matter of its forget gates. With a bias of 1, as all our layers start, they
keep 0.73 of the cell a step, but for what inputs and recurrent weights change. "lstm, slow gates" starts with biases of
log U(1, distance - 1), and input gates of the opposite (Tallec & Ollivier, "Can recurrent neural networks warp time?",
ICLR 2018): such gates keep their cells for about the distance. "lstm_1997" has no forget gate and keeps everything. The
update gates of the GRU start at one half.

Gradients are norms of the derivative of the output at the last frame by the input of a frame before it, the mean of a
batch, before training and after it. Self-attention has sinusoidal positions and one head.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import figures
import keras
import numpy as np
import tensorflow as tf

import asr
from asr.layers.attention import AttentionBlock
from asr.layers.attention_input import AttentionInput
from asr.layers.initializers import set_seed

_BATCH, _TESTED, _POINTS = 16, 512, 60
_RATE = 3e-3


class Reader(keras.Model):
    """A layer and a linear output on its last frame."""

    def __init__(self, parts: Sequence[keras.layers.Layer]) -> None:
        """Take the parts: layers of (frames, lengths)."""
        super().__init__()
        self.parts, self.output_layer = list(parts), keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        """Return the logit [B, 1] of frames [B, T, 2]."""
        lengths = keras.ops.full((keras.ops.shape(x)[0],), x.shape[1], "int32")
        for part in self.parts:
            x = part(x, lengths)
        return self.output_layer(x[:, -1])


class Input(AttentionInput):
    """An input layer that is given lengths like all others; it has no use for them."""

    def call(self, x: Any, lengths: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return [B, T, units] of ``x`` [B, T, F]."""
        return super().call(x)

    def build(self, x_shape: tuple[int, ...], lengths_shape: tuple[int, ...]) -> None:
        """Make the linear layer."""
        super().build(x_shape)


def _slow_gates(units: int, distance: int, rng: np.random.Generator) -> list[keras.layers.Layer]:
    layer = asr.layers.LSTM(units)
    layer.build((_BATCH, distance + 1, 2), (_BATCH,))
    forget = np.log(rng.uniform(1, max(2, distance - 1), size=units))
    bias = np.zeros((4, units), "float32")  # blocks in the order i, f, g, o
    bias[0], bias[1] = -forget, forget
    layer.bias.assign(bias.reshape(1, -1))
    return [layer]


# Each makes the parts of a model from (units, distance, generator).
CELLS: dict[str, Callable[[int, int, np.random.Generator], list[keras.layers.Layer]]] = {
    "rnn": lambda units, distance, rng: [asr.layers.RNN(units)],
    "lstm_1997": lambda units, distance, rng: [asr.layers.LSTM(units, cell="lstm_1997")],
    "lstm": lambda units, distance, rng: [asr.layers.LSTM(units)],
    "lstm, slow gates": _slow_gates,
    "gru": lambda units, distance, rng: [asr.layers.GRU(units)],
    "self-attention": lambda units, distance, rng: [
        Input(units, 0.0, 0, sinusoidal=True),
        AttentionBlock(1, 0.0, 1),
    ],
}


def draw(count: int, distance: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return frames [N, distance + 1, 2] and labels [N, 1]."""
    frames = np.zeros((count, distance + 1, 2), "float32")
    frames[..., 0] = rng.choice([-1.0, 1.0], size=frames.shape[:2])
    frames[:, 0, 1] = 1.0
    return frames, (frames[:, 0, :1] > 0).astype("float32")


def gradient_norms(model: Reader, frames: np.ndarray) -> list[tuple[int, float]]:
    """Return pairs of how many frames back, and the mean norm of the output's derivative by that frame's input."""
    x = tf.constant(frames)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(model(x))
    norms = np.linalg.norm(tape.gradient(total, x).numpy(), axis=-1).mean(axis=0)[::-1]
    places = np.unique(np.linspace(0, len(norms) - 1, _POINTS).round().astype(int))
    return [(int(place), float(norms[place])) for place in places]


def train(cell: str, distance: int, seed: int, units: int, steps: int) -> dict[str, Any]:
    """Train one model and return its accuracy on new sequences and its gradients before and after."""
    set_seed(seed)
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = Reader(CELLS[cell](units, distance, rng))
    probe, _ = draw(_BATCH, distance, rng)
    before = gradient_norms(model, probe)
    model.compile(
        optimizer=keras.optimizers.Adam(_RATE, clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    model.fit(*draw(steps * _BATCH, distance, rng), batch_size=_BATCH, verbose=0)
    accuracy = model.evaluate(*draw(_TESTED, distance, rng), batch_size=_BATCH, verbose=0)[1]
    return {"accuracy": float(accuracy), "before": before, "after": gradient_norms(model, probe)}


def main() -> None:
    """Train all that is not yet done, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS), metavar="CELL")
    parser.add_argument("--distances", nargs="+", type=int, default=[100, 400, 1600], metavar="FRAMES")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N")
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--steps", type=int, default=500, help="of 16 sequences each (default: 500)")
    parser.add_argument("--work", type=Path, default=Path("long_memory"), help="what is done (default: long_memory/)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for figure and numbers")
    args = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {}
    for distance in args.distances:
        for cell in args.cells:
            runs = [_done_once(args, cell, distance, seed) for seed in args.seeds]
            row = {"distance": distance, "accuracy": [run["accuracy"] for run in runs]}
            row |= {key: runs[0][key] for key in ("before", "after")}
            results.setdefault(cell, []).append(row)
            print(f"{cell}, {distance} frames: {', '.join(f'{run:.1%}' for run in row['accuracy'])}", flush=True)
    args.output.mkdir(parents=True, exist_ok=True)
    settings = {"units": args.units, "steps": args.steps, "batch": _BATCH, "learning_rate": _RATE}
    content = {"settings": settings, "results": results}
    (args.output / "long_memory.json").write_text(json.dumps(content) + "\n", encoding="utf-8")
    figures.long_memory(results, args.output / "long_memory.svg")


def _done_once(args: argparse.Namespace, cell: str, distance: int, seed: int) -> dict[str, Any]:
    """Return what a training gave; it is kept, so that one that was done is not done again."""
    name = f"{cell.replace(', ', '-').replace(' ', '-')}-{distance}-{args.units}-{args.steps}-seed{seed}.json"
    path = args.work / name
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    found = train(cell, distance, seed, args.units, args.steps)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(path)
    return found


if __name__ == "__main__":
    main()
