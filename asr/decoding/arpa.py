"""Files in ARPA format, plain or gzip: read in blocks, with every breach of the format named by line.

On disk logarithms are to the base ten, in memory they are natural.
"""

import itertools
import lzma
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from asr.errors import LanguageModelError
from asr.files import Bytes, open_text

SPECIAL_WORDS = ("<unk>", "<s>", "</s>")
LOG_10 = math.log(10)
START_LOG10 = -99.0  # of <s>, by convention
_LOWEST = -1e30  # what is lower is a logarithm of 0 or an error; float32 holds it
_BLOCK_LINES = 50_000


@dataclass(frozen=True, slots=True)
class NgramBlock:
    """Some lines of one section of an ARPA file.

    Attributes:
        first_line: number of the first in the file, from 1.
        words: [n] tuples of k words each, as bytes.
        log_probs: [n] float32.
        backoffs: [n] float32, NaN where a line has none.
    """

    first_line: int
    words: Sequence[tuple[bytes, ...]]
    log_probs: np.ndarray
    backoffs: np.ndarray


class ArpaReader:
    """An open ARPA file; its sections are read once and in order.

    Attributes:
        path: of the file.
        counts: number of n-grams of each order, from the header.
    """

    def __init__(self, path: Path, file: Bytes) -> None:
        """Read the header.

        Raises:
            LanguageModelError: it is not one.
        """
        self.path = path
        self._line = 0
        self._lines = self._numbered(file)
        self.counts = self._read_header()

    def section(self, order: int) -> Iterator[NgramBlock]:
        """Yield the n-grams of one order, which must be the next, in blocks; after the last, check the file's end.

        Raises:
            LanguageModelError: a line breaks the format; there are more or fewer than the header says.
        """
        title = b"\\%d-grams:" % order
        if self._line_with_text() != title:
            self._refuse(f"expected {title.decode()}")
        left = self.counts[order - 1]
        while left:
            first = self._line + 1
            lines = list(itertools.islice(self._lines, min(left, _BLOCK_LINES)))
            yield self._parse(lines, first, order)
            left -= len(lines)
        if order == len(self.counts):
            self._check_end()

    def fail(self, line: int, problem: str) -> NoReturn:
        """Refuse the file for what stands in a line.

        Raises:
            LanguageModelError: always.
        """
        raise LanguageModelError(f"{self.path}:{line}: {problem}: make the model again")

    def line_of(self, words: tuple[bytes, ...], occurrence: int = 1) -> int:
        """Return the number of the line with these words; it reads the file again, for the message of an error."""
        with open_text(self.path) as file:
            found = (n for n, line in enumerate(file, 1) if tuple(line.split()[1 : len(words) + 1]) == words)
            # Of a line with a back-off, the words of a shorter n-gram may be the start.
            return next(itertools.islice(found, occurrence - 1, None), 0)

    def _numbered(self, file: Bytes) -> Iterator[bytes]:
        try:
            for line in file:
                self._line += 1
                yield line
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            self.fail(self._line + 1, f"cannot be read on ({error})")

    def _refuse(self, problem: str) -> NoReturn:
        self.fail(self._line, problem)

    def _line_with_text(self) -> bytes:
        return next((text for text in map(bytes.strip, self._lines) if text), b"")

    def _read_header(self) -> list[int]:
        if self._line_with_text() != b"\\data\\":
            self._refuse(r"not an ARPA file, which begins with \data\ ")
        counts: list[int] = []
        for text in map(bytes.strip, self._lines):
            if not text:
                break
            name, _, count = text.partition(b"=")
            if name.split() != [b"ngram", b"%d" % (len(counts) + 1)] or not count.strip().isdigit():
                self._refuse(f"expected ngram {len(counts) + 1}=COUNT, found {_shown(text)}")
            counts.append(int(count))
        if not counts or 0 in counts:
            self._refuse("the header counts no n-grams")
        return counts

    def _parse(self, lines: list[bytes], first: int, order: int) -> NgramBlock:
        rows = [line.split() for line in lines]
        widths = set(map(len, rows))
        if len(lines) == 0 or not widths <= self._allowed(order):
            self._name_broken(rows, first, order)
        try:
            log_probs = np.fromiter((float(row[0]) for row in rows), np.float64, len(rows))
            has_backoff = [len(row) == order + 2 for row in rows]
            backoffs = np.fromiter(
                (float(row[-1]) if known else math.nan for row, known in zip(rows, has_backoff, strict=True)),
                np.float64,
                len(rows),
            )
        except ValueError:
            self._name_broken(rows, first, order)
        words = [tuple(row[1 : order + 1]) for row in rows]
        # Nothing ever predicts a sentence's start, so that some programs write log(0) there.
        log_probs[[i for i in np.flatnonzero(log_probs == -np.inf) if words[i] == (b"<s>",)]] = START_LOG10
        bad = ~((log_probs <= 0) & (log_probs >= _LOWEST)) | ~((np.abs(backoffs) <= -_LOWEST) | ~np.array(has_backoff))
        if bad.any():
            self._name_broken(rows, first, order)
        return NgramBlock(first, words, _natural(log_probs), _natural(backoffs))

    def _allowed(self, order: int) -> set[int]:
        return {order + 1} if order == len(self.counts) else {order + 1, order + 2}

    def _name_broken(self, rows: list[list[bytes]], first: int, order: int) -> NoReturn:
        for number, row in enumerate(rows, first):
            problem = self._problem(row, order)
            if problem:
                self.fail(number, problem)
        self.fail(first + len(rows), f"the file ends within \\{order}-grams:")

    def _problem(self, row: list[bytes], order: int) -> str | None:
        if not row or row[0].startswith(b"\\"):
            return f"fewer {order}-grams than the {self.counts[order - 1]} of the header"
        if len(row) not in self._allowed(order):
            back_off = "" if order == len(self.counts) else " and perhaps a back-off"
            return f"expected a log-probability, {order} words{back_off}, found {len(row)} fields"
        numbers = row[:1] + row[order + 1 :]
        limits = {"log-probability": (_LOWEST, 0.0), "back-off": (_LOWEST, -_LOWEST)}
        for (name, (lowest, highest)), text in zip(limits.items(), numbers, strict=False):
            if not _is_number(text, lowest, highest) and (text, row[1 : order + 1]) != (b"-inf", [b"<s>"]):
                return f"{name} {_shown(text)} is not a number that it can be"
        return None

    def _check_end(self) -> None:
        text = self._line_with_text()
        if not text:
            self.fail(self._line + 1, r"the file ends without \end\ ")
        if text != b"\\end\\":
            self._refuse(rf"more {len(self.counts)}-grams than the {self.counts[-1]} of the header, or no \end\ ")


@contextmanager
def open_arpa(path: Path) -> Iterator[ArpaReader]:
    """Open an ARPA file, gzip or plain as its content says.

    Raises:
        LanguageModelError: it cannot be read, or its header is not one.
    """
    with open_text(path) as file:
        yield ArpaReader(path, file)


def _natural(log10: np.ndarray) -> np.ndarray:
    return (log10 * LOG_10).astype(np.float32)


def _is_number(text: bytes, lowest: float, highest: float) -> bool:
    try:
        return lowest <= float(text) <= highest
    except ValueError:
        return False


def _shown(text: bytes) -> str:
    return repr(text.decode(errors="replace"))
