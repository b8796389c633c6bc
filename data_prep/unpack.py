"""Unpacking archives that we did not make: nothing leaves the folder, and nothing half-unpacked is ever seen.

Reads tar files with any compression that Python reads. Only folders, files and links to files inside the archive are
taken (a link becomes a copy); absolute paths, ``..``, links that lead outside and devices are refused.
"""

import fcntl
import os
import posixpath
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from lzma import LZMAError
from pathlib import Path
from tempfile import mkdtemp

from asr.errors import DownloadError
from data_prep.corpus import Report
from data_prep.download import MEGABYTE, check_free_space

PREFIX = ".unpacking-"  # of folders that are being filled, or were when their process was killed
_LOCK = "lock"


def unpack(archive: Path, folder: Path, report: Report) -> None:
    """Unpack ``archive`` into ``folder``, in which other things may be: under another name first, then renamed.

    Raises:
        DownloadError: it is no archive, is broken or hostile, or the disk is too small; ``folder`` is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_remains(folder)
    check_free_space(folder, archive.stat().st_size)  # the least that it can need; each member is checked again
    with _working_folder(folder) as part:
        with _archive_errors(archive), archive.open("rb") as stream, tarfile.open(fileobj=stream) as tar:
            for member in tar:
                _extract(tar, member, part, archive)
                report(f"unpacking {archive.name} (MB)", stream.tell() // MEGABYTE, archive.stat().st_size // MEGABYTE)
        os.sync()  # before the renames say that all is there; one call, not one for each of 100 000 files
        _move_into(part, folder)


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder in ``folder``, locked so that another process can tell it from remains; it goes at the end."""
    working = Path(mkdtemp(prefix=PREFIX, dir=folder))
    try:
        with (working / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            part = working / "part"
            part.mkdir()
            yield part
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _remove_remains(folder: Path) -> None:
    """Remove what killed runs left, but not the folders that other processes are at work in."""
    for remains in folder.glob(f"{PREFIX}*"):
        # Locked: another process is at work in it; not there: it has just finished.
        with suppress(BlockingIOError, FileNotFoundError), (remains / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(remains)


@contextmanager
def _archive_errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, OSError, zlib.error, LZMAError) as error:
        raise DownloadError(f"{archive}: cannot be unpacked ({error}): get the archive again") from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    target = folder / _checked(member.name, member.name, archive)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.issym() or member.islnk():
        start = posixpath.dirname(member.name) if member.issym() else ""
        linked = folder / _checked(posixpath.join(start, member.linkname), member.name, archive)
        if not linked.is_file():
            raise DownloadError(f"{archive}: {member.name} is a link to no file before it: refused")
        shutil.copyfile(linked, target)
        return
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise DownloadError(f"{archive}: {member.name} is neither a file, a folder nor a link: refused")
    check_free_space(folder, member.size)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, MEGABYTE)


def _checked(path: str, member: str, archive: Path) -> str:
    """Return ``path`` without detours, which must stay below the folder."""
    normal = posixpath.normpath(path)
    if posixpath.isabs(path) or normal.split("/")[0] == ".." or "\0" in path:
        raise DownloadError(f"{archive}: {member} leads outside the folder: refused, do not use this archive")
    return normal


def _move_into(part: Path, folder: Path) -> None:
    """Move everything from ``part`` to ``folder``; folders that are in both are merged, files replaced.

    Files go before folders: whoever sees a subset's folder sees the lists beside it too.
    """
    for entry in sorted(part.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        target = folder / entry.name
        if entry.is_dir() and target.is_dir():
            _move_into(entry, target)
        else:
            os.replace(entry, target)
