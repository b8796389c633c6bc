"""The weights that a training starts from when it goes on from another model: fine-tuning.

Every part of the network (a convolution, a recurrent layer, the output layer, ...) whose weights have the same shapes
is taken over; the output layers only where the tokens are the same.
"""

from collections.abc import Callable
from pathlib import Path

import keras

from asr import run as run_folder
from asr.config import Config
from asr.errors import ConfigError
from asr.model import AcousticModel
from asr.tokens import Tokens


def starting_tokens(config: Config) -> Tokens | None:
    """Return the tokens of the run that a training starts from, where both ask for the same ones; else None.

    Raises:
        RunError: it is not a run folder.
        ConfigError: its features are others.
    """
    if not config.train.start_from:
        return None
    folder = Path(config.train.start_from)
    start = run_folder.read_config(folder)
    if start.features != config.features:
        raise ConfigError(f"train.start_from: {folder} has other features: take its [features]")
    return Tokens.load(folder / run_folder.TOKENS) if start.tokens == config.tokens else None


def start_from(model: AcousticModel, tokens: Tokens, folder: Path, say: Callable[[str], None]) -> None:
    """Take over the weights of a trained run, as far as they fit, and say which parts of ``model`` start anew.

    Args:
        model: changed in place.
        tokens: what its outputs stand for.
        folder: of the run.
        say: is told in one line what was taken from where.

    Raises:
        RunError: the run has no weights.
        ConfigError: no layer but the output would fit.
    """
    start = run_folder.load(folder)
    same_tokens = start.tokens.labels == tokens.labels
    theirs, anew = _layers(start.model) | _outputs(start.model), []
    layers, outputs = _layers(model), _outputs(model)
    for name, part in (layers | outputs).items():
        if _shapes(part) == _shapes(theirs.get(name)) and (same_tokens or name in layers):
            part.set_weights(theirs[name].get_weights())
        else:
            anew.append(name)
    if layers.keys() <= set(anew):
        raise ConfigError(f"train.start_from: {folder} fits no layer of this model: take its [model]")
    say(f"started from {folder}" + (f"; anew: {', '.join(anew)}" if anew else ""))


def _shapes(part: keras.layers.Layer | None) -> list[tuple[int, ...]] | None:
    return None if part is None else [weight.shape for weight in part.weights]


def _layers(model: AcousticModel) -> dict[str, keras.layers.Layer]:
    found: dict[str, keras.layers.Layer] = {
        f"convolution {number}": block for number, block in enumerate(model.front_end, 1)
    }
    found |= {f"recurrent layer {number}": block for number, block in enumerate(model.recurrent, 1)}
    found |= {f"attention layer {number}": block for number, block in enumerate(model.attention, 1)}
    if model.attention_input is not None:
        found["attention input"] = model.attention_input
    if model.last_norm is not None:
        found["last norm"] = model.last_norm
    return found if model.look_ahead is None else found | {"look-ahead": model.look_ahead}


def _outputs(model: AcousticModel) -> dict[str, keras.layers.Layer]:
    """Return the layers whose outputs are tokens."""
    found: dict[str, keras.layers.Layer] = {"output layer": model.output_layer}
    return found | {f"output after layer {number}": layer for number, layer in model.intermediate.items()}
