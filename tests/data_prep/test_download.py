"""Downloads against a real HTTP server on loopback that misbehaves in every way that we have heard of."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from asr.errors import DownloadError
from data_prep import download as module
from data_prep.download import Patience, Remote, download

CONTENT = bytes(range(256)) * 4000  # 1 024 000 bytes: more than one block
QUICK = Patience(timeout_s=5.0, attempts=3, pause_s=0.001)


def silent(what, done, total):
    pass


class Server(ThreadingHTTPServer):
    """One file, and how to misbehave; each item of `plan` is used for one request, then all goes well."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True  # whether Range is honoured
        self.plan = []
        self.asked = []  # the Range header of each request
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/corpus.tar.gz"

    def handle_error(self, request, client_address):
        pass  # a client that has gone away


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        action = server.plan.pop(0) if server.plan else {}
        self.close_connection = True
        if "status" in action:
            self.answer(action["status"], b"no", action.get("headers", {}))
            return
        body, status, headers = server.content, 200, {}
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if match and server.ranges:
            start = int(match[1])
            if start >= len(body):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            start += action.get("shift", 0)
            headers = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            body, status = body[start:], 206
        if action.get("hang"):
            server.released.wait(10)
            return
        headers["Content-Length"] = str(len(body) + action.get("lie", 0))
        if action.get("no_length"):
            del headers["Content-Length"]
        self.answer(status, body[: action.get("stop_after")], headers)

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers if status >= 300 else headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "downloads" / "corpus.tar.gz"


def part_of(path):
    return path.with_name(path.name + ".part")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_a_file_arrives_whole_under_its_own_name_and_nothing_else_is_left(server, path):
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_progress_ends_at_the_whole_size(server, path):
    told = []
    download(Remote(server.url, md5=hashlib.md5(CONTENT).hexdigest()), path, lambda *args: told.append(args), QUICK)
    assert {what.split()[0] for what, _, _ in told} == {"downloading", "verifying"}
    assert all(done <= total == 1 for _, done, total in told) and told[-1][1:] == (1, 1)


def test_a_broken_connection_is_resumed_where_it_broke(server, path):
    server.plan = [{"stop_after": 300_000}, {"stop_after": 5}]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=300005-"]


def test_a_later_run_continues_what_an_earlier_one_left(server, path):
    server.plan = [{"stop_after": 1000}, {"status": 404}]
    with pytest.raises(DownloadError, match="404"):
        download(Remote(server.url), path, silent, QUICK)
    assert part_of(path).read_bytes() == CONTENT[:1000]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=1000-"


def test_a_server_that_ignores_range_is_read_from_the_start(server, path):
    server.ranges = False
    server.plan = [{"stop_after": 700_000}]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_not_the_one_asked_for_is_thrown_away(server, path):
    server.plan = [{"stop_after": 1000}, {"shift": 7}]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=1000-", None]


def test_a_part_that_is_already_complete_is_taken(server, path):
    path.parent.mkdir()
    part_of(path).write_bytes(CONTENT)
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_of_another_file(server, path):
    path.parent.mkdir()
    part_of(path).write_bytes(CONTENT + b"more")
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT


def test_a_server_that_promises_more_than_it_has_is_not_believed_forever(server, path):
    server.plan = [{"lie": 10}] * 20
    server.ranges = False
    with pytest.raises(DownloadError, match=r"ended after 1,024,000 of 1,024,010 bytes"):
        download(Remote(server.url), path, silent, QUICK)
    assert not path.exists()
    assert len(server.asked) == 4  # the first brought something new, three more did not


def test_a_server_that_promises_less_than_it_has_is_caught_by_the_checksum(server, path):
    server.plan = [{"lie": -10}]
    with pytest.raises(DownloadError, match="sha256"):
        download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert not path.exists()


def test_a_length_that_is_not_told_is_no_obstacle(server, path):
    server.plan = [{"no_length": True}]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_wrong_checksum_leaves_nothing_and_names_both(server, path, kind):
    expected = hashlib.new(kind, b"other").hexdigest()
    with pytest.raises(DownloadError, match=rf"{kind} is [0-9a-f]+, and .* is {expected}"):
        download(Remote(server.url, **{kind: expected}), path, silent, QUICK)
    assert list(path.parent.iterdir()) == []


def test_redirects_are_followed_and_keep_the_range(server, path):
    moved = {"status": 302, "headers": {"Location": server.url}}
    server.plan = [moved, {"stop_after": 1000}, moved]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, None, "bytes=1000-", "bytes=1000-"]


def test_a_circle_of_redirects_ends(server, path):
    server.plan = [{"status": 302, "headers": {"Location": server.url}}] * 50
    with pytest.raises(DownloadError, match="302"):
        download(Remote(server.url), path, silent, QUICK)


def test_not_found_is_not_asked_twice(server, path):
    server.plan = [{"status": 404}] * 5
    with pytest.raises(DownloadError, match=r"404 Not Found.*--from"):
        download(Remote(server.url), path, silent, QUICK)
    assert len(server.asked) == 1
    assert list(path.parent.iterdir()) == []


def test_a_busy_server_is_asked_again(server, path):
    server.plan = [{"status": 503}, {"status": 429}]
    download(Remote(server.url, sha256=sha256(CONTENT)), path, silent, QUICK)
    assert path.read_bytes() == CONTENT


def test_a_server_that_says_nothing_counts_as_broken(server, path):
    server.plan = [{"hang": True}]
    download(Remote(server.url), path, silent, Patience(timeout_s=0.1, attempts=3, pause_s=0.001))
    assert path.read_bytes() == CONTENT


def test_no_server_at_all_ends_after_the_attempts(path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as closed:
        url = closed.url
    with pytest.raises(DownloadError, match="no connection"):
        download(Remote(url), path, silent, QUICK)


def test_the_number_of_connections_is_bounded_even_when_each_brings_a_little(server, path):
    server.plan = [{"stop_after": 1}] * 100
    with pytest.raises(DownloadError, match="9 bytes are kept"):
        download(Remote(server.url), path, silent, Patience(timeout_s=5.0, total_attempts=9, pause_s=0.0))
    assert part_of(path).read_bytes() == CONTENT[:9]


def test_pauses_grow_with_fruitless_attempts(server, path, monkeypatch):
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    server.plan = [{"status": 503}] * 10
    with pytest.raises(DownloadError, match="503"):
        download(Remote(server.url), path, silent, Patience(attempts=6, pause_s=8.0))
    assert pauses == [8.0, 16.0, 32.0, 60.0, 60.0]


def test_a_disk_that_is_too_small_is_noticed_before_the_download(server, path, monkeypatch):
    usage = module.shutil.disk_usage(path.parent.parent)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: usage._replace(free=1000))
    with pytest.raises(DownloadError, match="1 MB are needed and 0 MB are free"):
        download(Remote(server.url), path, silent, QUICK)


def test_a_complete_file_is_not_asked_for_again(server, path):
    download(Remote(server.url), path, silent, QUICK)
    download(Remote(server.url), path, silent, QUICK)
    assert len(server.asked) == 1


def test_two_processes_do_not_write_one_file(path):
    path.parent.mkdir()
    with module._locked(part_of(path)), pytest.raises(DownloadError, match="another process"):
        download(Remote("http://127.0.0.1:1/corpus.tar.gz"), path, silent, QUICK)


def test_an_interrupted_download_keeps_what_it_has(server, path):
    def interrupt(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(Remote(server.url), path, interrupt, QUICK)
    assert not path.exists()
    kept = part_of(path).read_bytes()
    assert kept and CONTENT.startswith(kept)
