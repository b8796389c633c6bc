"""Long short-term memory with a forget gate, one step and its gradient.

    i = sigmoid(z_i)   f = sigmoid(z_f)   g = tanh(z_g)   o = sigmoid(z_o)      z = W x + R h' + b
    c = f * c' + i * g
    h = o * tanh(c)

h', c' are those of the step before. Sources: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation
9(8), 1997; the forget gate f: Gers, Schmidhuber & Cummins, "Learning to Forget", Neural Computation 12(10), 2000.
"""

from collections.abc import Sequence

import tensorflow as tf

from asr.layers.scan import Tensor


class LSTMCell:
    """The cell above; blocks of z in the order i, f, g, o, as in Keras and PyTorch."""

    num_gates = 4
    num_states = 2  # h, c

    def initial_bias(self, units: int) -> list[float]:
        """Return zeros, and ones for the forget gate, so that a new cell remembers (Jozefowicz et al., ICML 2015)."""
        return [0.0] * units + [1.0] * units + [0.0] * 2 * units

    def step(self, z: Tensor, states: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Return [h, c] and the activations of i, f, g, o; see `asr.layers.scan.Cell`."""
        i, f, g, o = tf.split(z, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * states[1] + i * g
        return [o * tf.tanh(c), c], tf.concat([i, f, g, o], axis=-1)

    def step_gradient(
        self, gates: Tensor, states: Sequence[Tensor], previous: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return dz and the direct gradients of h' (none) and c'; see `asr.layers.scan.Cell`."""
        i, f, g, o = tf.split(gates, 4, axis=-1)
        dh, dc = gradients
        tanh_c = tf.tanh(states[1])
        dc += dh * o * (1 - tanh_c**2)
        blocks = [dc * g * i * (1 - i), dc * previous[1] * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)]
        return tf.concat(blocks, axis=-1), [tf.zeros_like(dh), dc * f]
