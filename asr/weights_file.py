"""``weights.npz``: a model's weights by name, in half the bytes of float32, where other programs can find them.

An ``.npz`` that NumPy reads, not compressed, so that each array lies as it is at a place in the file that
`stored_arrays` tells: an ONNX graph can use it from there (`asr.export.external`), and a model has its weights once for
all runtimes. What multiplies (kernels) is float16; the rest, which is little, stays float32.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.errors import RunError
from asr.files import replacing

_ALIGNMENT = 64  # bytes; of NumPy's header, too, so that the values after it begin at a multiple of it
_LOCAL_HEADER = 30  # bytes of a zip member's header before its name; the sizes of name and extra field end it
_PADDING_ID = 0xD935  # of the extra field by which Android's zipalign pads, too


class StoredArray(NamedTuple):
    """An array within a file.

    Attributes:
        offset: of its first byte in the file.
        dtype: of its values.
        shape: theirs, in C order.
    """

    offset: int
    dtype: np.dtype
    shape: tuple[int, ...]


def save_weights(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Write weights, whole or not at all; equal ones give equal bytes.

    Raises:
        RunError: a weight is not finite, or too large for float16.
    """
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, values in weights.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, _compact(path, name, values), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980, whenever it is written
            member.extra = _padding(archive.start_dir + _LOCAL_HEADER + len(member.filename.encode()))
            archive.writestr(member, content.getvalue())


def load_weights(path: Path) -> dict[str, np.ndarray]:
    """Return what `save_weights` wrote.

    Raises:
        RunError: the file cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise RunError(f"{path}: not a file of weights ({error}): restore the folder") from error


def stored_arrays(path: Path) -> dict[str, StoredArray]:
    """Return where each array of a file that `save_weights` wrote lies in it, by name."""
    found = {}
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            file.seek(member.header_offset + _LOCAL_HEADER - 4)
            file.seek(sum(struct.unpack("<HH", file.read(4))), io.SEEK_CUR)
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            found[member.filename.removesuffix(".npy")] = StoredArray(file.tell(), dtype, shape)
    return found


def _compact(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Return values in the type that they are stored in."""
    kind = np.float16 if name.endswith("kernel") else np.float32
    with np.errstate(over="ignore"):
        compact = np.ascontiguousarray(values, np.dtype(kind).newbyteorder("<"))
    if not np.isfinite(compact).all():
        raise RunError(f"{path}: {name}: has values that float16 cannot hold: package another run")
    return compact


def _padding(end: int) -> bytes:
    """Return an extra field after which the next byte, by now at ``end``, is at a multiple of the alignment."""
    size = -(end + 4) % _ALIGNMENT
    return struct.pack("<HH", _PADDING_ID, size) + bytes(size)
