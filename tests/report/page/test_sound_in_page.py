"""Sound and spectrograms in a real browser: beside the page, in it, from a folder, from a server."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.report.page.conftest import until

pytestmark = pytest.mark.slow
UTTERANCE = "#utterance=rec%2Fa-1"
SPECTROGRAM = "canvas.spectrogram:not([hidden])"


@pytest.fixture
def server(tmp_path):
    """Serve a folder on loopback; return its address."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves without a line for each request."""

    def log_message(self, *arguments):
        """Say nothing."""


def test_a_recording_beside_the_page_is_played(visit, greedy_page):
    page = visit(greedy_page, UTTERANCE)
    until(page, "document.querySelector('audio').readyState >= 1")
    page.locator("table.utterances").press("Enter")
    until(page, "document.querySelector('audio').currentTime > 0")
    assert "open the folder of the recordings" in page.locator("#utterance").inner_text()


def test_an_embedded_recording_is_played_from_a_word_and_seen(visit, embedded_page):
    page = visit(embedded_page, UTTERANCE)
    page.wait_for_selector(SPECTROGRAM)
    assert brightest_hertz(page) == pytest.approx(1000, abs=50)
    page.locator(".timed", has_text="sat").click()  # from 0.2 to 0.3 s
    until(page, "document.querySelector('audio').currentTime > 0.2")
    until(page, "document.querySelector('audio').paused")
    assert page.evaluate("document.querySelector('audio').currentTime") < 2.5  # the recording is 3 s long


def brightest_hertz(page):
    """The frequency of the darkest row of the spectrogram, which is white where it is quiet."""
    row = page.evaluate(
        """() => {
            const picture = document.querySelector("canvas.spectrogram");
            const middle = picture.getContext("2d").getImageData(picture.width >> 1, 0, 1, picture.height).data;
            const greens = Array.from({ length: picture.height }, (_, y) => middle[4 * y + 1]);
            return picture.height - 1 - greens.indexOf(Math.min(...greens));
        }"""
    )
    return row * 16_000 / 512


def test_the_folder_of_the_recordings_can_be_opened_by_hand(visit, greedy_page):
    page = visit(greedy_page, UTTERANCE)
    page.locator("input[type=file]").set_input_files(greedy_page.parent / "audio")
    page.wait_for_selector(SPECTROGRAM)
    assert brightest_hertz(page) == pytest.approx(1000, abs=50)
    assert page.locator("audio").get_attribute("src").startswith("blob:")


def test_a_page_on_a_server_reads_the_recordings_beside_it(chromium, server, greedy_page):
    page = chromium.new_page()
    page.goto(f"{server}/{greedy_page.name}{UTTERANCE}")
    page.wait_for_selector(SPECTROGRAM)
    assert brightest_hertz(page) == pytest.approx(1000, abs=50)
    page.close()
