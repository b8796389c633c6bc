"""Downloads that survive broken connections: resumed, checked by length and checksum, renamed when whole.

Only the standard library's HTTP client. A file under its own name is complete; ``NAME.part`` is what there is so far,
continued by the next call in this process or another.
"""

import fcntl
import hashlib
import http.client
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from asr.errors import DownloadError
from asr.files import sync
from data_prep.corpus import Report

MEGABYTE = 1_000_000
# Failures of a moment, by HTTP's definition: timeout, too many requests, and what servers and gateways say when busy.
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Remote:
    """A file on a server.

    Attributes:
        url: its address.
        unpacks_to: a path, relative to the folder of unpacking, that is there once the archive is unpacked.
        sha256: checksum where the publisher or a tool that we trust lists one.
        md5: the same, for publishers who list only that; enough against accidents, not against malice.
    """

    url: str
    unpacks_to: str = ""
    sha256: str | None = None
    md5: str | None = None

    @property
    def name(self) -> str:
        """Return the file's name."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        timeout_s: without a byte, before a connection counts as broken.
        attempts: connections in a row that bring nothing new, before giving up.
        total_attempts: connections in all.
        pause_s: before the next attempt; doubled with each in a row that brings nothing, up to a minute.
    """

    timeout_s: float = 60.0
    attempts: int = 5
    total_attempts: int = 200
    pause_s: float = 1.0


def download(remote: Remote, path: Path, report: Report, patience: Patience | None = None) -> None:
    """Download ``remote`` to ``path``, continuing what an earlier call left; nothing when ``path`` is there.

    Raises:
        DownloadError: the server refuses, connections keep breaking, the disk is too small, or the checksum differs.
    """
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with _locked(part) as file:
        _fetch_all(remote, file, path, report, patience or Patience())
        file.flush()
        sync(part)
        try:
            verify(part, remote, report)
        except DownloadError:
            part.unlink()  # to continue it would be to keep what is wrong
            raise
        part.rename(path)
    sync(path.parent)


def verify(path: Path, remote: Remote, report: Report) -> None:
    """Compare a file's checksum with the listed one, if there is one.

    Raises:
        DownloadError: they differ.
    """
    name, expected = ("sha256", remote.sha256) if remote.sha256 else ("md5", remote.md5)
    if expected is None:
        return
    digest, size, done = hashlib.new(name, usedforsecurity=False), path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
            done += len(block)
            report(f"verifying {remote.name} (MB)", done // MEGABYTE, size // MEGABYTE)
    if digest.hexdigest() != expected:
        raise DownloadError(
            f"{path}: {name} is {digest.hexdigest()}, and that of {remote.url} is {expected}: "
            f"run the command again to download it anew, or give another copy to --from"
        )


def check_free_space(folder: Path, num_bytes: int) -> None:
    """Refuse what would fill the disk.

    Raises:
        DownloadError: fewer than ``num_bytes`` are free where ``folder`` is.
    """
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise DownloadError(
            f"{folder}: {num_bytes / MEGABYTE:,.0f} MB are needed and {free / MEGABYTE:,.0f} MB are free: make room"
        )


class _Broken(Exception):
    """A connection ended early, or the server is busy: worth another attempt."""


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """Open the partial file for this process alone."""
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DownloadError(f"{part}: another process is downloading it: wait for that one") from error
        try:
            yield file
        finally:
            file.flush()
            if part.is_file() and not part.stat().st_size:
                part.unlink()


def _restart(file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()


def _fetch_all(remote: Remote, file: BinaryIO, path: Path, report: Report, patience: Patience) -> None:
    """Connect again and again until ``file`` is complete."""
    fruitless = 0
    reason = ""
    for _ in range(patience.total_attempts):
        before = file.tell()
        try:
            _fetch(remote, file, path, report, patience.timeout_s)
            return
        except _Broken as error:
            reason = str(error)
        fruitless = 0 if file.tell() > before else fruitless + 1
        if fruitless == patience.attempts:
            break
        time.sleep(min(patience.pause_s * 2 ** max(fruitless - 1, 0), 60.0))
    raise DownloadError(
        f"{remote.url}: {reason}: {file.tell():,} bytes are kept; run the command again to continue, "
        f"or give a copy to --from"
    )


def _fetch(remote: Remote, file: BinaryIO, path: Path, report: Report, timeout_s: float) -> None:
    """Append to ``file`` what one connection brings; return when it is complete."""
    have = file.tell()
    headers = {"User-Agent": "keras-asr", "Accept-Encoding": "identity"}
    request = urllib.request.Request(remote.url, headers=headers | ({"Range": f"bytes={have}-"} if have else {}))
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            total = _position(response, file)
            if total is not None:
                check_free_space(path.parent, total - file.tell())
            _copy(response, file, total, f"downloading {remote.name} (MB)", report)
    except urllib.error.HTTPError as error:
        with error:
            _refused(error, remote, file)
    except (http.client.HTTPException, ssl.SSLError, ConnectionError, TimeoutError) as error:
        raise _Broken(f"the connection broke ({error or type(error).__name__})") from error
    except urllib.error.URLError as error:
        raise _Broken(f"no connection ({error.reason})") from error


def _position(response: http.client.HTTPResponse, file: BinaryIO) -> int | None:
    """Bring ``file`` to where the response starts; return the length of the whole, if the server says it."""
    if response.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != file.tell():
            _restart(file)  # not the part that we asked for
            raise _Broken(f"the server answered with a wrong part ({response.headers.get('Content-Range')})")
        return None if match[2] == "*" else int(match[2])
    _restart(file)  # the server sends all of it, whatever we have
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _copy(response: http.client.HTTPResponse, file: BinaryIO, total: int | None, what: str, report: Report) -> None:
    while block := response.read1(MEGABYTE):
        file.write(block)
        if total is not None:
            report(what, file.tell() // MEGABYTE, total // MEGABYTE)
    if total is not None and file.tell() != total:
        raise _Broken(f"the connection ended after {file.tell():,} of {total:,} bytes")


def _refused(error: urllib.error.HTTPError, remote: Remote, file: BinaryIO) -> None:
    """Judge an answer with an error status: return when it means that we have everything."""
    if error.code == 416 and file.tell():
        if error.headers.get("Content-Range") == f"bytes */{file.tell()}":
            return
        _restart(file)  # what we have is longer than the file on the server
        raise _Broken("the server has another file than the one begun")
    message = f"the server answers {error.code} {error.reason}"
    if error.code in TRANSIENT:
        raise _Broken(message)
    raise DownloadError(f"{remote.url}: {message}: get the archive elsewhere and give it to --from")
