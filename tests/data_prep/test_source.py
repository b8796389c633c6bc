"""From nothing, an archive or a folder to an unpacked corpus, the download through a real server."""

import functools
import hashlib
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from asr.errors import DownloadError, ManifestError
from data_prep.download import Remote
from data_prep.source import obtain

MARKER = ("list.txt",)


@pytest.fixture
def archive(tmp_path):
    """Write an archive with corpus/list.txt and return it."""
    (tmp_path / "made" / "corpus").mkdir(parents=True)
    (tmp_path / "made" / "corpus" / "list.txt").write_text("yes")
    path = tmp_path / "served" / "corpus.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "made" / "corpus", "corpus")
    return path


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def remote(archive, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(Handler, directory=archive.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        yield Remote(f"http://127.0.0.1:{server.server_port}/corpus.tar.gz", "corpus", sha256=digest)
        server.shutdown()
        thread.join()


def test_a_download_is_unpacked_and_its_archive_removed(remote, tmp_path, report):
    root = obtain((remote,), None, tmp_path / "out", MARKER, report)
    assert root == tmp_path / "out" / "corpus"
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["corpus", "list.txt"]


def test_what_is_unpacked_is_not_downloaded_again(remote, archive, tmp_path, report):
    obtain((remote,), None, tmp_path / "out", MARKER, report)
    archive.unlink()
    assert obtain((remote,), None, tmp_path / "out", MARKER, report) == tmp_path / "out" / "corpus"


def test_a_given_archive_is_unpacked_and_kept(archive, tmp_path, report):
    assert obtain((), archive, tmp_path / "out", MARKER, report) == tmp_path / "out" / "corpus"
    assert archive.is_file()


def test_an_archive_in_a_given_folder_is_verified_and_kept(archive, tmp_path, report):
    right = Remote(
        "http://127.0.0.1:1/corpus.tar.gz", "corpus", sha256=hashlib.sha256(archive.read_bytes()).hexdigest()
    )
    assert obtain((right,), archive.parent, tmp_path / "out", MARKER, report) == tmp_path / "out" / "corpus"
    wrong = Remote("http://127.0.0.1:1/corpus.tar.gz", "corpus", sha256="0" * 64)
    with pytest.raises(DownloadError, match="sha256"):
        obtain((wrong,), archive.parent, tmp_path / "other", MARKER, report)
    assert archive.is_file()


@pytest.mark.parametrize("above", [".", "..", "../.."])
def test_a_folder_is_used_where_it_is(tmp_path, report, above):
    root = tmp_path / "a" / "b" / "corpus"
    root.mkdir(parents=True)
    (root / "list.txt").write_text("yes")
    found = obtain((), (root / above).resolve(), tmp_path / "out", MARKER, report)
    assert found == root
    assert not (tmp_path / "out").exists()


def test_an_archive_of_something_else_is_named(archive, tmp_path, report):
    with pytest.raises(ManifestError, match=r"no folder in it has etc/x: this is not the corpus"):
        obtain((), archive, tmp_path / "out", ("etc/x",), report)


def test_what_does_not_exist_is_named(tmp_path, report):
    with pytest.raises(ManifestError, match="nowhere: no such file or folder"):
        obtain((), tmp_path / "nowhere", tmp_path / "out", MARKER, report)
