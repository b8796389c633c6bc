"""A recurrent layer over utterances of known length, one or two directions, in the fastest form that its cell has."""

import functools
import logging
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from asr.errors import ConfigError, ShapeError
from asr.layers import cudnn
from asr.layers.cells.cell import Cell
from asr.layers.cells.table import find_cell
from asr.layers.initializers import GlorotUniform, OrthogonalBlocks, Uniform
from asr.layers.masks import zero_padding
from asr.layers.scan import scan
from asr.layers.tensor import Tensor, ops

_log = logging.getLogger(__name__)


@keras.saving.register_keras_serializable("asr")
class Recurrent(keras.layers.Layer):
    """A layer of one cell of `asr.layers.cells.table.CELLS`, unidirectional or bidirectional.

    The backward direction starts at each utterance's own last frame. What stands after an utterance's end has no
    influence on anything, and the output there is zero. The same weights serve every backend and device.
    """

    def __init__(
        self,
        units: int,
        *,
        cell: str = "lstm",
        bidirectional: bool = False,
        projection: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep the sizes; weights come with the first call.

        Args:
            units: H, of a direction.
            cell: a name of `CELLS`.
            bidirectional: whether a second direction runs from last to first frame.
            projection: P, of a cell that projects its output; None: half the units.
            kwargs: of `keras.layers.Layer`.

        Raises:
            ConfigError: the cell is unknown, or projects nothing and ``projection`` is given; a size is not a whole
                number from 1.
        """
        for name, size in (("units", units), ("projection", 1 if projection is None else projection)):
            if not isinstance(size, int | np.integer) or size < 1:
                raise ConfigError(f"{name} = {size!r} of a recurrent layer: give a whole number from 1")
        super().__init__(**kwargs)
        self.units, self.cell, self.bidirectional, self.projection_size = units, cell, bidirectional, projection
        self._cell = find_cell(cell)
        if projection and not self._cell.projects:
            raise ConfigError(
                f"model.projection = {projection} and model.cell = {cell!r} projects nothing: choose lstm_projection"
            )
        # Keras's own training loop asks: XLA takes neither the compiled steps nor cuDNN's calls under TensorFlow.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    @property
    def directions(self) -> int:
        """D."""
        return 2 if self.bidirectional else 1

    @property
    def state_sizes(self) -> list[int]:
        """Values of each state; the first is the output of a direction."""
        return [self._cell.output_size(self.units, self.projection_size)] + [self.units] * (self._cell.num_states - 1)

    def build(self, x_shape: tuple[int, ...], *other_shapes: Any) -> None:
        """Make kernel [D, F, G * H], recurrent kernel [D, R, G * H], bias [D, G * H], and what else the cell has."""
        cell, directions, features = self._cell, self.directions, x_shape[-1]
        width, recurring = cell.blocks * self.units, sum(self.state_sizes[: cell.num_given])
        self.kernel = self.add_weight(
            shape=(directions, features, width),
            # Glorot's bound of one gate's matrix, whatever is stacked beside it.
            initializer=Uniform((6.0 / (features + self.units)) ** 0.5),
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            shape=(directions, recurring, width), initializer=OrthogonalBlocks(self.units), name="recurrent_kernel"
        )
        self.bias = self.add_weight(
            shape=(directions, width), initializer=_repeated(cell.initial_bias(self.units)), name="bias"
        )
        self.vectors = (
            self.add_weight(
                shape=(directions, len(cell.vectors), self.units),
                initializer=_repeated(np.array(list(cell.vectors.values()), "float32")[:, None]),
                name="vectors",
            )
            if cell.vectors
            else None
        )
        self.projection = (
            self.add_weight(
                shape=(directions, self.units, self.state_sizes[0]), initializer=GlorotUniform(), name="projection"
            )
            if self._cell.projects
            else None
        )
        if cudnn.is_there() and cudnn.reaches(cell.cudnn):
            cudnn.prepare(cell.cudnn, self.units, features)
        self.built = True

    def call(
        self,
        x: Tensor,
        lengths: Tensor,
        recurrent_mask: Tensor | None = None,
        initial_states: Sequence[Tensor] | None = None,
        return_states: bool = False,
    ) -> Any:
        """Return the outputs, and the last states where asked for.

        Args:
            x: [B, T, F].
            lengths: [B] true frames of each utterance, 0 <= length <= T.
            recurrent_mask: [D, B, output size of a direction] factors of the output on its way into the next step
                (dropout), or None.
            initial_states: one [D, B, size] for each of `state_sizes`, before the first step; None: zeros.
            return_states: whether the states after each utterance's last step are returned, too, in the same form,
                float32.

        Returns:
            [B, T, D * output size], zero from each utterance's length on; with ``return_states`` a pair of that and
            the states.

        Raises:
            ShapeError: something has another shape, as far as shapes are known while a graph is made.
        """
        self._check(x, lengths, recurrent_mask, initial_states)
        if initial_states is None:
            size = ops.shape(x)[0]
            initial = [ops.zeros((self.directions, size, width), "float32") for width in self.state_sizes]
        else:
            initial = [ops.cast(state, "float32") for state in initial_states]
        run = _fastest(self._cell, self.cell, recurrent_mask is not None)
        outputs, states = run(self, x, lengths, recurrent_mask, initial)
        return (outputs, states) if return_states else outputs

    def _check(self, x: Tensor, lengths: Tensor, mask: Tensor | None, states: Sequence[Tensor] | None) -> None:
        """Compare shapes, where they are known: no form of the loop does so for itself."""
        size, directions = x.shape[0], self.directions
        given = [("input", x, (size, None, self.kernel.shape[1])), ("lengths", lengths, (size,))]
        if mask is not None:
            given.append(("recurrent_mask", mask, (directions, size, self.state_sizes[0])))
        if states is not None:
            if len(states) != len(self.state_sizes):
                raise ShapeError(f"{len(states)} initial_states: a layer of {self.cell!r} has {len(self.state_sizes)}")
            given += [
                ("initial_states", state, (directions, size, width))
                for state, width in zip(states, self.state_sizes, strict=True)
            ]
        for name, value, expected in given:
            found = tuple(value.shape)
            if len(found) != len(expected) or any(
                None not in (a, b) and a != b for a, b in zip(found, expected, strict=True)
            ):
                raise ShapeError(f"{name} of a recurrent layer has shape {list(found)}: give {list(expected)}")

    def compute_output_shape(self, x_shape: tuple[int, ...], *other_shapes: Any) -> tuple[int, ...]:
        """Return [B, T, D * output size]."""
        return (*x_shape[:2], self.state_sizes[0] * self.directions)

    def compute_output_spec(
        self,
        x: Tensor,
        lengths: Tensor,
        recurrent_mask: Tensor | None = None,
        initial_states: Sequence[Tensor] | None = None,
        return_states: bool = False,
    ) -> Any:
        """Return symbolic tensors in place of what `call` returns."""
        outputs = keras.KerasTensor(self.compute_output_shape(x.shape), self.compute_dtype)
        states = [keras.KerasTensor((self.directions, x.shape[0], width), "float32") for width in self.state_sizes]
        return (outputs, states) if return_states else outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {
            **super().get_config(),
            "units": self.units,
            "cell": self.cell,
            "bidirectional": self.bidirectional,
            "projection": self.projection_size,
        }


def _fastest(cell: Cell, name: str, masked: bool) -> Any:
    """Return the form in which this machine computes a cell fastest."""
    if cudnn.is_there():
        if cudnn.reaches(cell.cudnn) and not masked:
            return _with_cudnn
        _say_once(
            "recurrent dropout takes a loop of single steps on this GPU, several times slower than cuDNN's"
            if cudnn.reaches(cell.cudnn)
            else f"cuDNN has no {name!r}, or not here: a loop of single steps, several times slower than its lstm"
        )
        return _in_steps
    if keras.backend.backend() == "tensorflow":
        if cell.native:
            return _compiled
        _say_once(f"cell {name!r} is differentiated automatically: several times slower than lstm (docs/layers.md)")
    return _in_steps


@functools.cache
def _say_once(what: str) -> None:
    _log.warning(what)


def _weights(layer: Recurrent) -> dict[str, Tensor]:
    """Return what `Cell.step` reads, float32."""
    names = ("recurrent_kernel", "vectors", "projection")
    there = {name: getattr(layer, name) for name in names if getattr(layer, name) is not None}
    weights = {name: _float32(value) for name, value in there.items()}
    pattern = layer._cell.recurrent_pattern(layer.units)
    if pattern is not None:
        weights["recurrent_kernel"] = weights["recurrent_kernel"] * pattern
    return weights


def _in_steps(
    layer: Recurrent, x: Tensor, lengths: Tensor, mask: Tensor | None, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Any cell, on any backend."""
    x = zero_padding(x, lengths)  # NaN times the zero gradient of a frame that does not count would be NaN
    z = ops.stack([ops.matmul(x, layer.kernel[d]) + layer.bias[d] for d in range(layer.directions)])
    mask = None if mask is None else ops.cast(mask, "float32")
    outputs, states = scan(layer._cell, ops.cast(z, "float32"), lengths, _weights(layer), mask, initial)
    width = layer.directions * layer.state_sizes[0]
    return ops.cast(ops.reshape(outputs, (*ops.shape(x)[:2], width)), layer.compute_dtype), states


def _compiled(
    layer: Recurrent, x: Tensor, lengths: Tensor, mask: Tensor | None, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """A cell with a compiled step, on the CPU under TensorFlow.

    The recurrence is float32 whatever the policy is; the large products outside it take bfloat16 where the policy says
    so and the processor is faster with it.
    """
    from asr.layers.native import bfloat16
    from asr.layers.native.on_tensorflow import recurrent_layer
    from asr.layers.native.products import FLOAT32

    cell, weights = layer._cell, _weights(layer)
    given = [initial[0] if mask is None else mask, *initial[1 : cell.num_given]]
    factors = ops.ones_like(ops.concatenate(given, axis=-1))
    if mask is not None:
        factors = ops.concatenate([ops.cast(mask, "float32"), factors[..., layer.units :]], axis=-1)
    vectors = weights.get("vectors", ops.zeros((layer.directions, 0, layer.units)))
    assert cell.native is not None  # `_fastest` asked
    half = layer.compute_dtype == "bfloat16" and bfloat16.is_there()
    outputs, last = recurrent_layer(
        cell.native,
        _float32(x),
        lengths,
        _float32(layer.kernel),
        weights["recurrent_kernel"],
        _float32(layer.bias),
        vectors,
        factors,
        ops.stack(list(initial), axis=2),
        products=bfloat16.BFLOAT16 if half else FLOAT32,
    )
    return ops.cast(outputs, layer.compute_dtype), [last[:, :, k] for k in range(cell.num_states)]


def _with_cudnn(
    layer: Recurrent, x: Tensor, lengths: Tensor, mask: None, initial: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """A cell that cuDNN has, on a GPU."""
    vectors = None if layer.vectors is None else _float32(layer.vectors)[:, 0]
    weights = (_float32(layer.kernel), _float32(layer.recurrent_kernel), _float32(layer.bias), vectors)
    x = _float32(zero_padding(x, lengths))
    outputs, states = cudnn.recurrent_layer(layer._cell.cudnn, x, lengths, weights, initial)
    return ops.cast(outputs, layer.compute_dtype), states


def _float32(values: Tensor) -> Tensor:
    """Return a weight or tensor in the precision of recurrences."""
    return ops.cast(ops.convert_to_tensor(values), "float32")


def _repeated(values: np.ndarray) -> Any:
    """Return an initializer that gives these values, broadcast over directions and units."""
    return lambda shape, dtype=None: ops.cast(ops.broadcast_to(values, shape), dtype)
