"""The names of all recurrent cells, as a configuration spells them."""

from asr.errors import ConfigError
from asr.layers.cells.cell import Cell
from asr.layers.cells.gru import GRUCell, GRUResetBeforeCell
from asr.layers.cells.layer_norm_lstm import LayerNormLSTMCell
from asr.layers.cells.lstm import LSTMCell, Parts
from asr.layers.cells.projection import ProjectedLSTMCell
from asr.layers.cells.rnn import RNNCell

CELLS: dict[str, Cell] = {
    "rnn": RNNCell(),
    "lstm": LSTMCell(),
    "lstm_1997": LSTMCell(Parts(forget_gate=False)),
    "lstm_peephole": LSTMCell(Parts(peepholes=True)),
    # The variants of "LSTM: A Search Space Odyssey": the peephole cell with one thing changed.
    "lstm_nig": LSTMCell(Parts(peepholes=True, input_gate=False)),
    "lstm_nfg": LSTMCell(Parts(peepholes=True, forget_gate=False)),
    "lstm_nog": LSTMCell(Parts(peepholes=True, output_gate=False)),
    "lstm_niaf": LSTMCell(Parts(peepholes=True, input_activation=False)),
    "lstm_noaf": LSTMCell(Parts(peepholes=True, output_activation=False)),
    "lstm_cifg": LSTMCell(Parts(peepholes=True, coupled=True)),
    "lstm_np": LSTMCell(),
    "lstm_fgr": LSTMCell(Parts(peepholes=True, full_gate_recurrence=True)),
    "lstm_projection": ProjectedLSTMCell(),
    "lstm_layer_norm": LayerNormLSTMCell(),
    "gru": GRUCell(),
    "gru_reset_before": GRUResetBeforeCell(),
}


def find_cell(name: str) -> Cell:
    """Return the cell of a name.

    Raises:
        ConfigError: there is none.
    """
    if name not in CELLS:
        raise ConfigError(f"model.cell = {name!r} is unknown: choose one of {', '.join(CELLS)}")
    return CELLS[name]
