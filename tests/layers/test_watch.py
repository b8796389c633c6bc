import numpy as np
import pytest

from asr.layers.cells.table import CELLS
from asr.layers.recurrent import Recurrent
from asr.layers.watch import watch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3)).astype("float32")
OF_LSTMS, OF_GRUS = {"forget gate", "input gate", "output gate"}, {"update gate", "reset gate"}


def drawn(cell: str, bidirectional: bool = True) -> Recurrent:
    layer = Recurrent(4, cell=cell, bidirectional=bidirectional)
    layer.build((1, *X.shape), (1,))
    layer.set_weights([RNG.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
    return layer


@pytest.mark.parametrize("cell", ["lstm_fgr", "gru"])
def test_what_is_watched_is_what_the_layer_gives(cell):
    layer = drawn(cell)
    seen = watch(layer, X)
    expected = np.asarray(layer(X[None], np.array([5])))[0]
    np.testing.assert_allclose(np.concatenate(list(seen["output"]), axis=-1), expected, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_each_cell_shows_its_gates_between_closed_and_open(cell):
    seen = watch(drawn(cell, bidirectional=False), X[:2])
    gates = seen.keys() - {"cell", "output"}
    assert gates == (set() if cell == "rnn" else OF_GRUS if cell.startswith("gru") else OF_LSTMS)
    assert all(((values >= 0) & (values <= 1)).all() for name, values in seen.items() if name in gates)


def test_gates_are_those_by_which_the_cell_becomes_the_next_one():
    seen = watch(drawn("lstm_peephole", bidirectional=False), X)
    forget, cell = seen["forget gate"][0], seen["cell"][0]
    added = cell[1:] - forget[1:] * cell[:-1]
    assert (np.abs(added) <= seen["input gate"][0, 1:] + 1e-5).all()  # what is added is the input gate times a tanh


def test_a_gru_moves_from_its_last_output_by_what_the_update_gate_lets_in():
    seen = watch(drawn("gru", bidirectional=False), X)
    update, output = seen["update gate"][0], seen["output"][0]
    candidate = (output[1:] - update[1:] * output[:-1]) / (1 - update[1:])
    assert (np.abs(candidate) <= 1 + 1e-4).all()
