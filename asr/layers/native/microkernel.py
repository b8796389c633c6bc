"""A matrix product for few rows at the speed of the processor, in vectors of its own width.

A recurrence multiplies a handful of rows (the utterances of a batch) by one matrix, hundreds of times. Library products
prepare that matrix anew each time and wait for all threads after each step; here it is prepared ("packed") once, and
the product of a tile is a loop of fused multiply-adds over accumulators that stay in registers. Numba gives plain loops
no such promise, so the tile is written in the compiler's own vector operations.

Packed form of B [K, W]: panels of `PANEL` columns, each [K, PANEL] contiguous, the last filled with zeros.
Source of the scheme: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from asr.compiled import njit

# What numba compiles for: NUMBA_CPU_FEATURES may leave out what this processor has.
_COMPILER: Any = cpu_target.target_context
FEATURES: list[str] = _COMPILER.codegen().magic_tuple()[2].split(",")
"""What the processor has, in LLVM's names with a plus or minus before."""
_LANES = 16 if "+avx512f" in FEATURES else 8 if "+avx2" in FEATURES else 4
_VECTORS = 2
PANEL = _LANES * _VECTORS
"""Columns of a packed panel."""
# Accumulators, two vectors of B and one of A must fit the registers: 32 of them, or 16 with AVX2.
TILE_ROWS = 4 if _LANES == 8 else 8
"""Rows of the largest tile."""
STAGGER = 16
"""Floats that lengthen a row: rows a multiple of a page apart would compete for the same places of the cache."""
_FLOAT, _FLOAT_BYTES = ir.FloatType(), 4
_LINE_FLOATS = 16
_VECTOR = ir.VectorType(_FLOAT, _LANES)


def _fused(builder: Any, left: Any, right: Any, total: Any) -> Any:
    """Write left * right + total."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{_LANES}f32")
    return builder.call(function, [left, right, total])


def tile_product(rows: int, multiply: Callable[[Any, Any, Any, Any], Any] = _fused) -> Any:
    """Return the compiled C = C + A B for ``rows`` rows and one panel.

    Args:
        rows: of C.
        multiply: writes the sum of a vector of C and the product of two of A and B, given the builder and the three.
    """

    @intrinsic
    def tile(
        typingctx: Any, a: Any, row_step: Any, k_step: Any, b: Any, b_step: Any, depth: Any, c: Any, c_step: Any
    ) -> Any:
        """Addresses of A, B and C; steps of A (a row, along K), B (along K) and C (a row) in floats; K."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _emit(builder, multiply, rows, *arguments)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 8), generate

    return tile


def _emit(
    builder: Any,
    multiply: Callable[[Any, Any, Any, Any], Any],
    rows: int,
    a: Any,
    row_step: Any,
    k_step: Any,
    b: Any,
    b_step: Any,
    depth: Any,
    c: Any,
    c_step: Any,
) -> None:
    """Write the tile's loop; everything is unrolled over its rows and vectors."""

    def shifted(address: Any, floats: Any) -> Any:
        floats = ir.Constant(address.type, floats) if isinstance(floats, int) else floats
        return builder.add(address, builder.mul(floats, ir.Constant(address.type, _FLOAT_BYTES)))

    def row_of(address: Any, step: Any, row: int) -> Any:
        return shifted(address, builder.mul(step, ir.Constant(step.type, row)))

    def pointer(address: Any) -> Any:
        return builder.inttoptr(address, _VECTOR.as_pointer())

    tiles = {
        (row, vector): shifted(row_of(c, c_step, row), vector * _LANES)
        for row in range(rows)
        for vector in range(_VECTORS)
    }
    sums = {
        tile: cgutils.alloca_once_value(builder, builder.load(pointer(address), align=_FLOAT_BYTES))
        for tile, address in tiles.items()
    }
    with cgutils.for_range(builder, depth) as loop:
        panel_row = shifted(b, builder.mul(loop.index, b_step))
        right = [
            builder.load(pointer(shifted(panel_row, vector * _LANES)), align=_FLOAT_BYTES) for vector in range(_VECTORS)
        ]
        column = shifted(a, builder.mul(loop.index, k_step))
        for row in range(rows):
            left = _spread(builder, row_of(column, row_step, row))
            for vector in range(_VECTORS):
                place = sums[row, vector]
                builder.store(multiply(builder, left, right[vector], builder.load(place)), place)
    for tile, address in tiles.items():
        builder.store(builder.load(sums[tile]), pointer(address), align=_FLOAT_BYTES)


def _spread(builder: Any, address: Any) -> Any:
    """Return a vector that holds one float of memory in every lane."""
    value = builder.load(builder.inttoptr(address, _FLOAT.as_pointer()))
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    index = ir.IntType(32)
    first = builder.insert_element(undefined, value, ir.Constant(index, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(index, _LANES), [0] * _LANES))


def _prefetch_line_type(typingctx: Any, address: Any) -> Any:
    """Ask for the cache line at an address, to be read and written soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        write, into_second_level, data = (ir.Constant(number, value) for value in (1, 2, 1))
        builder.call(prefetch, [builder.inttoptr(arguments[0], byte), write, into_second_level, data])
        return context.get_dummy_value()

    return types.void(types.intp), generate


_prefetch_line: Any = intrinsic(_prefetch_line_type)


@njit(nogil=True, cache=True)
def prefetch(row: np.ndarray) -> None:
    """Have a row brought into the cache while something else is computed."""
    for first in range(0, len(row), _LINE_FLOATS):
        _prefetch_line(row[first:].ctypes.data)


_tile_8, _tile_4, _tile_2, _tile_1 = (tile_product(rows) for rows in (8, 4, 2, 1))


@njit(nogil=True, cache=True)
def padded(width: int) -> int:
    """Return ``width`` rounded up to whole panels: the row length of every array that a product is added to."""
    return (width + PANEL - 1) // PANEL * PANEL


@njit(nogil=True, cache=True)
def pack(matrix: np.ndarray) -> np.ndarray:
    """Return the packed form [padded(W) / PANEL, K, PANEL] of ``matrix`` [K, W]."""
    depth, width = matrix.shape
    packed = np.empty((padded(width) // PANEL, depth, PANEL), np.float32)
    whole = width // PANEL
    for k in range(depth):
        row = matrix[k]
        for panel in range(whole):
            for column in range(PANEL):
                packed[panel, k, column] = row[panel * PANEL + column]
        for column in range(padded(width) - whole * PANEL):
            place = whole * PANEL + column
            packed[whole, k, column] = row[place] if place < width else np.float32(0.0)
    return packed


@njit(nogil=True, cache=True)
def add_panel(
    a: int, row_step: int, k_step: int, rows: int, b: int, b_step: int, depth: int, c: int, c_step: int
) -> None:
    """Add A B to ``rows`` rows of PANEL columns of C, by addresses (bytes) and steps (floats) as `tile_product`."""
    row = 0
    while row < rows:
        left, target = a + _FLOAT_BYTES * row * row_step, c + _FLOAT_BYTES * row * c_step
        if TILE_ROWS == 8 and row + 8 <= rows:
            _tile_8(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 8
        elif row + 4 <= rows:
            _tile_4(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 4
        elif row + 2 <= rows:
            _tile_2(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 2
        else:
            _tile_1(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 1


@njit(nogil=True, cache=True)
def add_product(a: np.ndarray, packed: np.ndarray, c: np.ndarray) -> None:
    """Add A B to C.

    Args:
        a: [n, K], rows contiguous.
        packed: B in packed form.
        c: [n, padded(W)], rows contiguous.
    """
    rows, depth = a.shape
    row_step, c_step = a.strides[0] // _FLOAT_BYTES, c.strides[0] // _FLOAT_BYTES
    left, panel, target = a.ctypes.data, packed.ctypes.data, c.ctypes.data
    for _ in range(packed.shape[0]):
        add_panel(left, row_step, 1, rows, panel, PANEL, depth, target, c_step)
        panel += depth * PANEL * _FLOAT_BYTES
        target += PANEL * _FLOAT_BYTES
