"""What a cell gives to the compiled scan: one step of one utterance, and its gradient."""

from dataclasses import dataclass
from typing import Any

from numba import types

_ROW, _ROWS = types.float32[::1], types.float32[:, ::1]
FORWARD = types.void(_ROW, _ROW, _ROWS, _ROWS, _ROWS)
"""Signature of `NativeCell.forward`; with it a cell is compiled, and kept on disk, apart from the scan."""
BACKWARD = types.void(_ROW, _ROWS, _ROWS, _ROWS, _ROWS, _ROWS, _ROWS)
"""Signature of `NativeCell.backward`."""


@dataclass(frozen=True)
class NativeCell:
    """A cell's step as numba functions on the rows of one utterance; all arrays float32, written in place.

    Attributes:
        forward: ``(z, product, before, after, vectors)``. In: z [>= W], the projected input with bias; product [>= W],
            the recurrent product; before [S, H], the states. Out: after [S, H], the output first; z, what backward
            needs.
        backward: ``(z, before, after, d_after, d_before, vectors, d_vectors)``. In: z as saved, d_after [S, H]. Out:
            z, the gradient of the projected input; d_before [S, H], the gradient of the states but for what reaches
            them through the recurrent product; d_vectors [V, H] is added to.
        num_saved: blocks of H values in z; more than the projected ones where backward needs more.
        product_first: block of z where backward leaves the gradient of the recurrent product: 0 where it is that of
            the projected input.
    """

    forward: Any
    backward: Any
    num_saved: int
    product_first: int = 0
