"""The equations of every recurrent cell as their papers give them: one utterance, one direction, step by step.

Everything is float64 NumPy and stays right for complex numbers, which gives gradients without a second derivation:
f(x + i e) has the imaginary part e f'(x) for a small e, exact to rounding (Squire & Trapp, SIAM Review 40(1), 1998).

A cell is a function of ``z`` (W x + b of the frame, all blocks side by side), the states before it and the weights; it
returns the states after it, the output first. ``w.R`` are the recurrent weights, ``w.v`` the rows of the small ones,
``w.P`` the projection, ``w.drop`` the factors of the output on its way into the recurrent product (1 without dropout).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
States = list[Array]


@dataclass
class CellWeights:
    """Of one direction: W [F, G * H], R [R, G * H], b [G * H], v [V, H], P [H, output size] or None, drop."""

    W: Array
    R: Array
    b: Array
    v: Array
    P: Array | None = None
    drop: Array | float = 1.0


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def rnn(z: Array, states: States, w: CellWeights) -> States:
    """Elman 1990."""
    (h,) = states
    return [np.tanh(z + (w.drop * h) @ w.R)]


def lstm(z: Array, states: States, w: CellWeights) -> States:
    """Gers, Schmidhuber & Cummins 2000; also NP, the peephole cell without peepholes, of Greff et al. 2017."""
    h, c = states
    i, f, g, o = np.split(z + (w.drop * h) @ w.R, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def lstm_1997(z: Array, states: States, w: CellWeights) -> States:
    """Hochreiter & Schmidhuber 1997: nothing is ever forgotten."""
    h, c = states
    i, g, o = np.split(z + (w.drop * h) @ w.R, 3)
    c = c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def lstm_peephole(z: Array, states: States, w: CellWeights) -> States:
    """Gers & Schmidhuber 2000: input and forget gate see the cell before the step, the output gate the one after it."""
    h, c = states
    i, f, g, o = np.split(z + (w.drop * h) @ w.R, 4)
    i, f = sigmoid(i + w.v[0] * c), sigmoid(f + w.v[1] * c)
    c = f * c + i * np.tanh(g)
    o = sigmoid(o + w.v[2] * c)
    return [o * np.tanh(c), c]


def lstm_nig(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: no input gate."""
    h, c = states
    f, g, o = np.split(z + (w.drop * h) @ w.R, 3)
    f = sigmoid(f + w.v[0] * c)
    c = f * c + np.tanh(g)
    o = sigmoid(o + w.v[1] * c)
    return [o * np.tanh(c), c]


def lstm_nfg(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: no forget gate."""
    h, c = states
    i, g, o = np.split(z + (w.drop * h) @ w.R, 3)
    i = sigmoid(i + w.v[0] * c)
    c = c + i * np.tanh(g)
    o = sigmoid(o + w.v[1] * c)
    return [o * np.tanh(c), c]


def lstm_nog(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: no output gate."""
    h, c = states
    i, f, g = np.split(z + (w.drop * h) @ w.R, 3)
    i, f = sigmoid(i + w.v[0] * c), sigmoid(f + w.v[1] * c)
    c = f * c + i * np.tanh(g)
    return [np.tanh(c), c]


def lstm_niaf(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: no input activation function."""
    h, c = states
    i, f, g, o = np.split(z + (w.drop * h) @ w.R, 4)
    i, f = sigmoid(i + w.v[0] * c), sigmoid(f + w.v[1] * c)
    c = f * c + i * g
    o = sigmoid(o + w.v[2] * c)
    return [o * np.tanh(c), c]


def lstm_noaf(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: no output activation function."""
    h, c = states
    i, f, g, o = np.split(z + (w.drop * h) @ w.R, 4)
    i, f = sigmoid(i + w.v[0] * c), sigmoid(f + w.v[1] * c)
    c = f * c + i * np.tanh(g)
    o = sigmoid(o + w.v[2] * c)
    return [o * c, c]


def lstm_cifg(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: coupled input and forget gate."""
    h, c = states
    i, g, o = np.split(z + (w.drop * h) @ w.R, 3)
    i = sigmoid(i + w.v[0] * c)
    c = (1 - i) * c + i * np.tanh(g)
    o = sigmoid(o + w.v[1] * c)
    return [o * np.tanh(c), c]


def lstm_fgr(z: Array, states: States, w: CellWeights) -> States:
    """Greff et al. 2017: full gate recurrence, every gate also sees the three gates of the step before."""
    h, i_before, f_before, o_before, c = states
    units = len(c)
    from_output, from_i, from_f, from_o = (w.R[k * units : (k + 1) * units] for k in range(4))
    only_gates = np.repeat([1, 1, 0, 1], units)  # the block input g sees no gates
    from_gates = (i_before @ from_i + f_before @ from_f + o_before @ from_o) * only_gates
    i, f, g, o = np.split(z + (w.drop * h) @ from_output + from_gates, 4)
    i, f = sigmoid(i + w.v[0] * c), sigmoid(f + w.v[1] * c)
    c = f * c + i * np.tanh(g)
    o = sigmoid(o + w.v[2] * c)
    return [o * np.tanh(c), i, f, o, c]


def lstm_projection(z: Array, states: States, w: CellWeights) -> States:
    """Sak, Senior & Beaufays 2014: h has fewer values than c."""
    h, c = states
    i, f, g, o = np.split(z + (w.drop * h) @ w.R, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [(sigmoid(o) * np.tanh(c)) @ w.P, c]


def lstm_layer_norm(z: Array, states: States, w: CellWeights) -> States:
    """Ba, Kiros & Hinton 2016, equations 20 to 22."""

    def normalised(values: Array) -> Array:
        centred = values - values.sum() / len(values)
        return centred / np.sqrt((centred**2).sum() / len(values) + 1e-5)

    h, c = states
    gain_z, gain_q, bias = (w.v[k : k + 4].ravel() for k in (0, 4, 8))
    z = gain_z * normalised(z) + gain_q * normalised((w.drop * h) @ w.R) + bias
    i, f, g, o = np.split(z, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(w.v[12] * normalised(c) + w.v[13]), c]


def gru(z: Array, states: States, w: CellWeights) -> States:
    """The form of cuDNN: the reset gate meets the recurrent product, which has a bias of its own."""
    (h,) = states
    (zu, zr, zn), (qu, qr, qn) = np.split(z, 3), np.split((w.drop * h) @ w.R, 3)
    u, r = sigmoid(zu + qu), sigmoid(zr + qr)
    n = np.tanh(zn + r * (qn + w.v[0]))
    return [u * h + (1 - u) * n]


def gru_reset_before(z: Array, states: States, w: CellWeights) -> States:
    """Cho et al. 2014: the reset gate meets the state before the product."""
    (h,) = states
    (zu, zr, zn), (to_u, to_r, to_n) = np.split(z, 3), np.split(w.R, 3, axis=1)
    given = w.drop * h
    u, r = sigmoid(zu + given @ to_u), sigmoid(zr + given @ to_r)
    n = np.tanh(zn + (r * given) @ to_n)
    return [u * h + (1 - u) * n]


CELLS_BY_DEFINITION: dict[str, Callable[[Array, States, CellWeights], States]] = {
    cell.__name__: cell
    for cell in [
        *(rnn, lstm, lstm_1997, lstm_peephole, lstm_nig, lstm_nfg, lstm_nog, lstm_niaf, lstm_noaf, lstm_cifg),
        *(lstm_fgr, lstm_projection, lstm_layer_norm, gru, gru_reset_before),
    ]
} | {"lstm_np": lstm}


def layer_by_definition(
    name: str, x: Array, weights: CellWeights, initial: Sequence[Array], *, backwards: bool = False
) -> tuple[Array, States]:
    """Outputs [T, output size] of one utterance x [T, F] in one direction, and the states after its last step."""
    step, states = CELLS_BY_DEFINITION[name], list(initial)
    outputs: list[Array] = []
    for frame in x[::-1] if backwards else x:
        states = step(frame @ weights.W + weights.b, states, weights)
        outputs.append(states[0])
    if backwards:
        outputs.reverse()
    return np.reshape(outputs, (len(x), len(initial[0]))), states


def gradients_by_definition(function: Callable[..., complex], arrays: Sequence[Array]) -> list[Array]:
    """Derivatives of a real function of real arrays, by a step into the complex plane at each number."""
    step = 1e-30
    inputs = [np.array(array, complex) for array in arrays]
    gradients = [np.zeros(array.shape) for array in inputs]
    for array, gradient in zip(inputs, gradients, strict=True):
        for place in np.ndindex(array.shape):
            array[place] += 1j * step
            gradient[place] = function(*inputs).imag / step
            array[place] = array[place].real
    return gradients
