"""Writing an n-gram model in ARPA format."""

import gzip
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from asr.decoding.arpa import LOG_10
from asr.decoding.ngram import NgramArrays, level_starts
from asr.files import replacing

_BLOCK = 100_000


def write_arpa(path: Path, arrays: NgramArrays, words: list[str]) -> None:
    """Write a model, whole or not at all; as gzip where the name ends in ``.gz``.

    Args:
        path: the file.
        arrays: the model.
        words: spelling of each word by its index.
    """
    with replacing(path) as part, part.open("wb") as file:
        if path.suffix != ".gz":
            _write(file, arrays, words)
            return
        # No time and no name: the same model gives the same bytes.
        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as compressed:
            _write(compressed, arrays, words)


def _write(file: IO[bytes] | gzip.GzipFile, arrays: NgramArrays, words: list[str]) -> None:
    levels = list(pairwise(level_starts(arrays)[1:]))
    file.write(b"\\data\\\n")
    for order, (start, end) in enumerate(levels, 1):
        file.write(f"ngram {order}={end - start}\n".encode())
    for order, (start, end) in enumerate(levels, 1):
        file.write(f"\n\\{order}-grams:\n".encode())
        for first in range(start, end, _BLOCK):
            nodes = np.arange(first, min(first + _BLOCK, end))
            file.write("".join(_lines(arrays, words, nodes, order)).encode())
    file.write(b"\n\\end\\\n")


def _lines(arrays: NgramArrays, words: list[str], nodes: np.ndarray, order: int) -> Iterator[str]:
    columns = [[words[i] for i in column.tolist()] for column in words_of(arrays, nodes, order).T]
    spelled = map(" ".join, zip(*columns, strict=True))
    log_probs = (arrays.log_prob[nodes] / LOG_10).tolist()
    if nodes[-1] >= len(arrays.backoff):
        return (f"{p:.7g}\t{text}\n" for p, text in zip(log_probs, spelled, strict=True))
    backoffs = (arrays.backoff[nodes] / LOG_10).tolist()
    return (f"{p:.7g}\t{text}\t{b:.7g}\n" for p, text, b in zip(log_probs, spelled, backoffs, strict=True))


def words_of(arrays: NgramArrays, nodes: np.ndarray, order: int) -> np.ndarray:
    """Return the words [n, order] that lead from the root to nodes [n] of one order."""
    words = np.empty((len(nodes), order), np.int32)
    for place in range(order - 1, -1, -1):
        words[:, place] = arrays.word[nodes]
        nodes = np.searchsorted(arrays.first_child, nodes, side="right") - 1
    return words
