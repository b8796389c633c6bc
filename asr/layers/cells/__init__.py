"""Recurrent cells, one small file a family; `asr.layers.cells.table` names them."""
