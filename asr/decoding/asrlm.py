"""The compiled form of an n-gram model, ``NAME.asrlm``: flat arrays in one file, mapped into memory and not parsed.

The file is a line ``asrlm 1``, a line of JSON that says where each array lies, and the arrays, each at a multiple of 64
bytes: those of `NgramArrays`, and the words as one run of UTF-8 with their offsets. Words are in order of their bytes
after `<unk>`, `<s>` and `</s>`, so that one is found by bisection. A quantised model has a byte for each float of the
orders above the first (`asr.decoding.quantise`); these alone are expanded when it is opened.
"""

import bisect
import itertools
import json
import mmap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np

from asr.decoding.arpa import SPECIAL_WORDS
from asr.decoding.ngram import UNKNOWN, NgramArrays, level_starts
from asr.decoding.quantise import expand, quantise
from asr.errors import LanguageModelError
from asr.files import replacing

SUFFIX = ".asrlm"
_MAGIC = b"asrlm 1\n"
_ALIGNMENT = 64


class Words(Sequence[str]):
    """The words of a model in order of their indices, kept as bytes until they are asked for."""

    def __init__(self, text: np.ndarray, offsets: np.ndarray) -> None:
        """Take ``text`` [bytes] uint8, UTF-8 of all words, and ``offsets`` [W + 1] int32 into it."""
        self._text, self._offsets = memoryview(text.data), offsets

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self.spelled(range(len(self))[index]).decode()

    def __iter__(self) -> Iterator[str]:
        text, offsets = bytes(self._text), self._offsets.tolist()
        return (text[start:end].decode() for start, end in itertools.pairwise(offsets))

    @property
    def texts(self) -> "Words":
        """The same with nothing for <unk>, <s> and </s>, which nobody says."""
        offsets = self._offsets.copy()
        offsets[: len(SPECIAL_WORDS)] = offsets[len(SPECIAL_WORDS)]
        return Words(np.asarray(self._text), offsets)

    def spelled(self, index: int) -> bytes:
        """Return the UTF-8 of the word of an index from 0 up."""
        return bytes(self._text[self._offsets[index] : self._offsets[index + 1]])

    def are(self, text: np.ndarray, offsets: np.ndarray) -> bool:
        """Return whether words given as for `__init__` are the same."""
        return np.array_equal(offsets, self._offsets) and np.array_equal(text, np.asarray(self._text))

    def find(self, word: str) -> int:
        """Return the index of a word, `UNKNOWN` where the model does not have it."""
        if word in SPECIAL_WORDS:
            return SPECIAL_WORDS.index(word)
        spelling, first = word.encode(), len(SPECIAL_WORDS)
        index = bisect.bisect_left(range(len(self)), spelling, lo=first, key=self.spelled)
        return index if index < len(self) and self.spelled(index) == spelling else UNKNOWN

    def find_all(self, words: Iterable[str]) -> list[int]:
        """Return the index of each word; the first call makes a table of all, which pays from a thousand on."""
        return [self._table.get(word, UNKNOWN) for word in words]

    @cached_property
    def _table(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self)}


def word_arrays(words: Iterable[bytes]) -> dict[str, np.ndarray]:
    """Return the arrays that keep ``words`` in a compiled model; those after the special ones are in byte order."""
    words = list(words)
    offsets = np.cumsum([0, *map(len, words)])
    return {"words": np.frombuffer(b"".join(words), np.uint8), "word_offsets": offsets.astype(np.int32)}


def allocate(path: Path, facts: Mapping[str, Any], shapes: Mapping[str, tuple[int, np.dtype]]) -> dict[str, np.ndarray]:
    """Make a compiled model whose arrays are zeros, and return them mapped: what is written to them is in the file.

    Args:
        path: the file, which is replaced.
        facts: what `open_arrays` gives back; JSON.
        shapes: length and type of each array, by name.
    """
    table, position = {}, 0
    for name, (length, dtype) in shapes.items():
        table[name] = {"dtype": np.dtype(dtype).str, "length": length, "offset": position}
        position += -(-length * np.dtype(dtype).itemsize // _ALIGNMENT) * _ALIGNMENT
    header = _MAGIC + json.dumps({**facts, "bytes": position, "arrays": table}).encode()
    header += b" " * (-(len(header) + 1) % _ALIGNMENT) + b"\n"
    with path.open("wb+") as file:
        file.write(header)
        file.truncate(len(header) + max(position, 1))
        return _views(mmap.mmap(file.fileno(), 0), len(header), table)


def open_arrays(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the facts and the arrays of a compiled model; what is changed in them is not written to the file.

    Raises:
        LanguageModelError: the file is not there, is not one of these, or is not whole.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise LanguageModelError(f"{path}: not a compiled model of this version: make it with asr lm compile")
            line = file.readline()
            start = len(_MAGIC) + len(line)
            facts = json.loads(line)
            if path.stat().st_size != start + max(facts["bytes"], 1):
                raise LanguageModelError(f"{path}: cut short: compile it again")
            # Copy on write, not read only: numba compiles read-only arrays once more.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise LanguageModelError(f"{path}: {error.strerror}: name a model in ARPA format or an .asrlm") from None
    except (ValueError, KeyError):
        raise LanguageModelError(f"{path}: its header is not one of a compiled model: compile it again") from None
    return facts, _views(content, start, facts["arrays"])


def _views(content: mmap.mmap, start: int, table: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {
        name: np.frombuffer(content, entry["dtype"], entry["length"], start + entry["offset"])
        for name, entry in table.items()
    }


def stamp(source: Path) -> dict[str, Any]:
    """Return the facts by which a compiled model is known to be of this very ARPA file.

    Raises:
        LanguageModelError: the file is not there.
    """
    try:
        status = source.stat()
    except OSError as error:
        raise LanguageModelError(f"{source}: {error.strerror}: name a model in ARPA format or an .asrlm") from None
    return {"source": source.name, "source_bytes": status.st_size, "source_time_ns": status.st_mtime_ns}


def ngram_shapes(num_nodes: int, num_inner: int) -> dict[str, tuple[int, np.dtype]]:
    """Return length and type of each of `NgramArrays` for N nodes, I of them inner."""
    integers, floats = np.dtype(np.int32), np.dtype(np.float32)
    return {
        "first_child": (num_inner + 1, integers),
        "word": (num_nodes, integers),
        "log_prob": (num_nodes, floats),
        "backoff": (num_inner, floats),
        "suffix": (num_nodes, integers),
    }


def as_ngram_arrays(arrays: Mapping[str, np.ndarray]) -> NgramArrays:
    """Return those of a compiled model's arrays that the kernel reads."""
    return NgramArrays(**{name: arrays[name] for name in NgramArrays._fields})


def stored_ngrams(arrays: Mapping[str, np.ndarray]) -> NgramArrays:
    """Return what the kernel reads of a compiled model's arrays, floats expanded where they are quantised."""
    expanded = {
        name: expand(arrays[name], arrays[f"{name}_codes"], arrays[f"{name}_tables"], arrays["levels"].tolist())
        for name in ("log_prob", "backoff")
        if f"{name}_codes" in arrays
    }
    return as_ngram_arrays({**arrays, **expanded})


def write_model(path: Path, arrays: NgramArrays, words: Iterable[bytes], *, quantised: bool = False) -> None:
    """Write a compiled model, whole or not at all.

    Args:
        path: the file.
        arrays: the model.
        words: spelling of each word by its index, as UTF-8.
        quantised: a byte in place of each float: smaller, and it answers a little differently.
    """
    levels = level_starts(arrays)
    stored = {**arrays._asdict(), **word_arrays(words)}
    if quantised:
        stored["levels"] = np.array(levels, np.int64)
        for name in ("log_prob", "backoff"):
            # The first order stays as it is: it is small, and -99 of <s> would spoil a table.
            codes, tables = quantise(stored[name], levels)
            stored |= {name: stored[name][: levels[2]], f"{name}_codes": codes, f"{name}_tables": tables}
    shapes = {name: (len(array), array.dtype) for name, array in stored.items()}
    with replacing(path) as part:
        mapped = allocate(part, {"order": len(levels) - 2}, shapes)
        for name, array in stored.items():
            mapped[name][:] = array
