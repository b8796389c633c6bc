"""The large products of a recurrent layer with factors of 16 bits and sums of 32, on processors with AVX512-BF16.

The same functions as `asr.layers.native.products`, on the same float32 arrays: factors are rounded to bfloat16 (8 bits
of precision, to nearest, ties to even) on their way into the product, which takes a percent or two of its time. One
instruction multiplies two neighbours along the inner dimension and adds both products to a float32 sum, at twice the
rate of float32's. Numbers below 1.2e-38 count as zero there.

A word (uint32) holds two such neighbours. Packed form of B [K, W]: that of `asr.layers.native.microkernel` with
ceil(K / 2) rows of words; where K is odd the last second neighbour is zero, in both factors.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from asr.compiled import njit
from asr.layers.native.microkernel import FEATURES, PANEL, STAGGER, padded, tile_product
from asr.layers.native.products import Products

_LANES, _BYTES = 16, 4  # words of a vector, bytes of a word and of a float
_TILE_ROWS = 8
_DEPTH = 256  # rows that one pass of a sum of outer products takes


class _BFloat(ir.Type):
    """LLVM's type, which llvmlite does not name."""

    def __str__(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BFloat)

    def __hash__(self) -> int:
        return hash(_BFloat)


_FLOATS, _WORDS = ir.VectorType(ir.FloatType(), _LANES), ir.VectorType(ir.IntType(32), _LANES)
_HALVES, _MASK = ir.VectorType(ir.IntType(16), _LANES), ir.VectorType(ir.IntType(1), _LANES)
_ROUNDED, _FACTORS = ir.VectorType(_BFloat(), _LANES), ir.VectorType(_BFloat(), 2 * _LANES)


def is_there() -> bool:
    """Return whether this processor has the instructions, and numba may use them."""
    return {"+avx512f", "+avx512bf16"} <= set(FEATURES)


def _multiply(builder: Any, left: Any, right: Any, total: Any) -> Any:
    """Write total + left . right, pair by pair."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS, _FACTORS, _FACTORS])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512bf16.dpbf16ps.512")
    return builder.call(function, [total, builder.bitcast(left, _FACTORS), builder.bitcast(right, _FACTORS)])


def _rounded(builder: Any, address: Any, count: Any) -> Any:
    """Write the rounding of 16 floats at an address, of which those from ``count`` on are not read and become zero."""
    lanes = ir.VectorType(count.type, _LANES)
    spread = builder.insert_element(ir.Constant(lanes, ir.Undefined), count, ir.Constant(ir.IntType(32), 0))
    spread = builder.shuffle_vector(spread, spread, ir.Constant(_WORDS, [0] * _LANES))
    mask = builder.icmp_signed("<", ir.Constant(lanes, list(range(_LANES))), spread)
    alignment, pointer = ir.Constant(ir.IntType(32), _BYTES), builder.inttoptr(address, _FLOATS.as_pointer())
    kind = ir.FunctionType(_FLOATS, [pointer.type, alignment.type, _MASK, _FLOATS])
    load = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.load.v16f32.p0")
    values = builder.call(load, [pointer, alignment, mask, ir.Constant(_FLOATS, [0.0] * _LANES)])
    kind = ir.FunctionType(_ROUNDED, [_FLOATS])
    convert = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512bf16.cvtneps2bf16.512")
    return builder.bitcast(builder.call(convert, [values]), _HALVES)


def _round_type(typingctx: Any, source: Any, count: Any, target: Any) -> Any:
    """Round 16 floats to 8 words; those from ``count`` on are zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, count, target = arguments
        pointer = builder.inttoptr(target, _HALVES.as_pointer())
        builder.store(_rounded(builder, source, count), pointer, align=_BYTES)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), generate


def _round_pairs_type(typingctx: Any, first: Any, first_count: Any, second: Any, second_count: Any, target: Any) -> Any:
    """Round 16 floats here and 16 there to 16 words of one each; those from the counts on are zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *sources, target = arguments
        low = builder.zext(_rounded(builder, *sources[:2]), _WORDS)
        high = builder.zext(_rounded(builder, *sources[2:]), _WORDS)
        words = builder.or_(low, builder.shl(high, ir.Constant(_WORDS, [16] * _LANES)))
        builder.store(words, builder.inttoptr(target, _WORDS.as_pointer()), align=_BYTES)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 5), generate


_round: Any = intrinsic(_round_type)
_round_pairs: Any = intrinsic(_round_pairs_type)
_tile_8, _tile_4, _tile_1 = (tile_product(rows, _multiply) for rows in (_TILE_ROWS, 4, 1))


@njit(nogil=True, cache=True)
def _round_rows(matrix: np.ndarray) -> np.ndarray:
    """Return the words of ``matrix`` [n, K], rows contiguous, [n, >= ceil(K / 2)]."""
    rows, depth = matrix.shape
    words = np.empty((rows, (depth + _LANES - 1) // _LANES * (_LANES // 2) + STAGGER), np.uint32)
    for row in range(rows):
        source, target = matrix[row].ctypes.data, words[row].ctypes.data
        for first in range(0, depth, _LANES):
            _round(source + _BYTES * first, depth - first, target + _BYTES * first // 2)
    return words


@njit(nogil=True, cache=True)
def _interleave(first: np.ndarray, second: np.ndarray, there: int, packed: np.ndarray, k: int) -> None:
    """Write two rows, value beside value, to row ``k`` of all panels; from ``there`` on the second one is zero."""
    one, other, width = first.ctypes.data, second.ctypes.data, len(first)
    for panel in range(len(packed)):
        target = packed[panel, k].ctypes.data
        for lane in range(0, PANEL, _LANES):
            column = panel * PANEL + lane
            left, right = one + _BYTES * column, other + _BYTES * column
            _round_pairs(left, width - column, right, there - column, target + _BYTES * lane)


@njit(nogil=True, cache=True)
def pack(matrix: np.ndarray) -> np.ndarray:
    """Return the packed form [padded(W) / PANEL, ceil(K / 2), PANEL] of ``matrix`` [K, W]."""
    depth, width = matrix.shape
    packed = np.empty((padded(width) // PANEL, (depth + 1) // 2, PANEL), np.uint32)
    for k in range(0, depth, 2):
        odd = k + 1 == depth
        _interleave(matrix[k], matrix[k if odd else k + 1], 0 if odd else width, packed, k // 2)
    return packed


@njit(nogil=True, cache=True)
def _add_panel(
    a: int, row_step: int, k_step: int, rows: int, b: int, b_step: int, depth: int, c: int, c_step: int
) -> None:
    """Add A B to ``rows`` rows of PANEL columns of C, by addresses (bytes) and steps (words)."""
    row = 0
    while row < rows:
        left, target = a + _BYTES * row * row_step, c + _BYTES * row * c_step
        if row + 8 <= rows:
            _tile_8(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 8
        elif row + 4 <= rows:
            _tile_4(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 4
        else:
            _tile_1(left, row_step, k_step, b, b_step, depth, target, c_step)
            row += 1


@njit(nogil=True, cache=True)
def _add_product(words: np.ndarray, packed: np.ndarray, c: np.ndarray) -> None:
    """Add A B to C [n, padded(W)], rows contiguous; A of `_round_rows`, B of `pack`."""
    row_step, c_step = words.strides[0] // _BYTES, c.strides[0] // _BYTES
    left, target = words.ctypes.data, c.ctypes.data
    for panel in range(len(packed)):
        right = packed[panel].ctypes.data
        _add_panel(left, row_step, 1, len(c), right, PANEL, packed.shape[1], target, c_step)
        target += _BYTES * PANEL


@njit(nogil=True, cache=True)
def project(blocks: np.ndarray, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, z: np.ndarray) -> None:
    """Write x @ kernel + bias to the packed rows of ``z``; arguments as of `asr.layers.native.products.project`."""
    width = packed.shape[0] * PANEL
    for k in range(len(blocks)):
        source, target, rows = blocks[k]
        out = z[target : target + rows, :width]
        out[:, : len(bias)] = bias
        out[:, len(bias) :] = 0.0
        _add_product(_round_rows(x[source : source + rows]), packed, out)


@njit(nogil=True, cache=True)
def project_back(blocks: np.ndarray, dz: np.ndarray, packed: np.ndarray, dx: np.ndarray) -> None:
    """Add dz @ kernel^T to the padded rows of ``dx``; as `asr.layers.native.products.project_back`."""
    for k in range(len(blocks)):
        target, source, rows = blocks[k]
        _add_product(_round_rows(dz[source : source + rows]), packed, dx[target : target + rows])


@njit(nogil=True, cache=True)
def outer_products(left: np.ndarray, rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the sum of left^T right over all rows; as `asr.layers.native.products.outer_products`."""
    features, columns = left.shape[1], right.shape[1]
    lefts = np.empty((padded(features) // PANEL, _DEPTH // 2, PANEL), np.uint32)
    rights = np.empty((columns // PANEL, _DEPTH // 2, PANEL), np.uint32)
    sums = np.zeros((columns // PANEL, features, PANEL), np.float32)
    for first in range(0, len(rows), _DEPTH):
        depth = min(_DEPTH, len(rows) - first)
        for k in range(0, depth, 2):
            one = first + k
            odd = k + 1 == depth
            other = one if odd else one + 1
            _interleave(left[rows[one]], left[rows[other]], 0 if odd else features, lefts, k // 2)
            _interleave(right[one], right[other], 0 if odd else columns, rights, k // 2)
        _add_tiles(lefts, rights, (depth + 1) // 2, sums)
    out = np.empty((features, columns), np.float32)
    for panel in range(len(sums)):
        out[:, panel * PANEL : (panel + 1) * PANEL] = sums[panel]
    return out


@njit(nogil=True, cache=True)
def _add_tiles(lefts: np.ndarray, rights: np.ndarray, depth: int, sums: np.ndarray) -> None:
    features = sums.shape[1]
    for panel in range(len(rights)):
        columns = rights[panel].ctypes.data
        for tile in range(len(lefts)):
            first = tile * PANEL
            rows, target = min(PANEL, features - first), sums[panel, first:].ctypes.data
            _add_panel(lefts[tile].ctypes.data, 1, PANEL, rows, columns, PANEL, depth, target, PANEL)


BFLOAT16 = Products(pack, project, project_back, outer_products)
"""For `asr.layers.native.layer`, where `is_there` says so."""
