"""Text for language models: one sentence a line, plain, gzip or xz, or a manifest; read in blocks and normalised."""

import itertools
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from asr.decoding.arpa import SPECIAL_WORDS
from asr.errors import LanguageModelError
from asr.files import open_text
from asr.manifest import read_manifest
from asr.scoring.transcripts import SUFFIXES
from asr.text import single_spaces

_BLOCK_LINES = 50_000


def read_blocks(paths: Sequence[Path], normalise: Callable[[str], str]) -> Iterator[list[str]]:
    """Yield the sentences of texts in order, many at a time; lines without a word are passed over.

    Args:
        paths: UTF-8 files, plain, gzip or xz; or manifests (``.jsonl``), of which the transcripts are read.
        normalise: what is done to each line, as `asr.text.get_normaliser` gives.

    Raises:
        LanguageModelError: a file cannot be read or is a table of transcripts, or a line is not UTF-8 or has ``<s>`` or
            ``</s>`` as a word.
        ManifestError: a manifest breaks its format.
    """
    for path in paths:
        if path.suffix == ".jsonl":
            lines = [f"{single_spaces(utterance.text)}\n".encode() for utterance in read_manifest(path)]
            yield _sentences(lines, normalise, path, 1)
            continue
        if path.suffix.lower() in SUFFIXES:
            raise LanguageModelError(
                f"{path}: a file of transcripts, not plain text: give a sentence a line, or a manifest (.jsonl)"
            )
        yield from _plain_blocks(path, normalise)


def _plain_blocks(path: Path, normalise: Callable[[str], str]) -> Iterator[list[str]]:
    with open_text(path) as file:
        for first in itertools.count(1, _BLOCK_LINES):
            try:
                lines = list(itertools.islice(file, _BLOCK_LINES))
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise LanguageModelError(f"{path}: cannot be read to its end ({error}): make it again") from None
            if not lines:
                break
            yield _sentences(lines, normalise, path, first)


def _sentences(lines: list[bytes], normalise: Callable[[str], str], path: Path, first: int) -> list[str]:
    try:
        text = b"".join(lines).decode()
    except UnicodeDecodeError as error:
        line = first + error.object[: error.start].count(b"\n")
        raise LanguageModelError(f"{path}:{line}: not UTF-8: convert the text") from None
    if "<s>" in text or "</s>" in text:
        _refuse_sentence_marks(text, path, first)
    return [sentence for sentence in map(normalise, text.split("\n")) if sentence]


def _refuse_sentence_marks(text: str, path: Path, first: int) -> None:
    for number, line in enumerate(text.split("\n"), first):
        for mark in SPECIAL_WORDS[1:]:
            if mark in line.split():
                raise LanguageModelError(f"{path}:{number}: {mark} as a word: remove it, a line is a sentence")


def read_vocabulary(path: Path) -> list[str]:
    """Return the words of a file, the first of each line; so a pronunciation dictionary will do.

    Raises:
        LanguageModelError: the file cannot be read or is not UTF-8.
    """
    blocks = _plain_blocks(path, str.strip)
    return [line.split(maxsplit=1)[0] for block in blocks for line in block]
