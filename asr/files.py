"""Writing files so that a reader, or a crash, never sees half of one; reading them through their compression."""

import fcntl
import gzip
import lzma
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from asr.errors import NO_SPACE, LanguageModelError

_NAME_BYTES = 200  # a temporary name is longer, and file systems take 255

Bytes: TypeAlias = IO[bytes] | gzip.GzipFile | lzma.LZMAFile


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` under a temporary name in the same folder, sync it, and rename it to ``path``."""
    with replacing(path) as part:
        part.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; when the block ends well, what it holds is what ``path`` names.

    A file is replaced: the temporary one lies beside it, is synced and renamed. Of a symbolic link, that is the file
    that it points to. What is no file (a device, a pipe, a socket) stays what it is, and the bytes are sent to it.
    When the block raises, ``path`` is as it was and the temporary file is gone.

    Raises:
        OSError: it cannot be written; ``filename`` is ``path``.
    """
    path = Path(path)
    part = path
    try:
        if takes_bytes_only(path):
            with tempfile.TemporaryDirectory() as folder:
                part = Path(folder, path.name)
                yield part
                with part.open("rb") as content, path.open("wb") as target:
                    shutil.copyfileobj(content, target)
            return
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        target.parent.mkdir(parents=True, exist_ok=True)
        # The name's end stays: some writers choose their format by it.
        end = os.fsdecode(os.fsencode(target.name)[-_NAME_BYTES:])
        part = target.with_name(f".{uuid.uuid4().hex[:8]}.part.{end}")
        try:
            yield part
            sync(part)
            os.replace(part, target)
            sync(target.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        no_space = error.filename is None and error.errno in NO_SPACE
        if no_space or str(error.filename) == str(part):
            error.filename = str(path)  # the one that was asked for
        raise


def takes_bytes_only(path: Path) -> bool:
    """Say whether a path is there and neither a file nor a folder: a device, a pipe or a socket, or a link to one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Make a folder, hold it for this process while the block runs, and yield whether no other process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def open_text(path: Path) -> Iterator[Bytes]:
    """Open a file for reading, through gzip or xz where its first bytes say so.

    Raises:
        LanguageModelError: it cannot be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise LanguageModelError(f"{path}: {error.strerror}: name a file that can be read") from None
    with file:
        first = file.peek(6)
        if first.startswith(b"\xfd7zXZ\0"):
            with lzma.LZMAFile(file) as content:
                yield content
        elif first.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=file) as content:
                yield content
        else:
            yield file


def sync(path: Path) -> None:
    """Ask the operating system to bring a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
