"""A browser for the pages of reports, and reports to be shown in it."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.decoding.hypothesis import Word
from asr.report.comparison import compare
from asr.report.page.score_data import comparison_page, report_page
from asr.report.page.sounds import find_sounds
from asr.report.report import Report, make_report
from asr.report.utterance_facts import UtteranceFacts
from asr.scoring.score import score

CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

REFERENCES = {"rec/a-1": "the cat sat", "rec/a-2": "on the mat", "rec/b-1": "the dog", "rec/b-2": "went home"}
GREEDY = {"rec/a-1": "the hat sat", "rec/a-2": "on mat", "rec/b-1": "the dog", "rec/b-2": "went a home"}
BEAM = {"rec/a-1": "the cat sat", "rec/a-2": "on the mat", "rec/b-1": "the log", "rec/b-2": "went a home"}
SPEAKERS = {name: name[4] for name in REFERENCES}
SECONDS = 3.0


def facts_of(texts: dict[str, str], folder: Path | None = None) -> dict[str, UtteranceFacts]:
    """What is known of each utterance: words of like length in time, a file NAME.wav in the folder."""
    return {
        name: UtteranceFacts(
            speaker=SPEAKERS.get(name),
            duration=SECONDS,
            audio=folder / f"{name}.wav" if folder else None,
            words=tuple(Word(word, 0.1 * place, 0.1 * place + 0.1, 0.9) for place, word in enumerate(text.split())),
        )
        for name, text in texts.items()
    }


def report_of(
    hypotheses: dict[str, str], references: dict[str, str] = REFERENCES, folder: Path | None = None
) -> Report:
    """A report grouped by speaker."""
    groups = {"speaker": {name: SPEAKERS.get(name, "?") for name in references}}
    scores = score(references, hypotheses, groups=groups)
    facts = facts_of({name: hypotheses[name] for name in references if name in hypotheses}, folder)
    command = ["asr", "score", "ref.jsonl", "hyp.jsonl"]
    return make_report(
        scores, references="ref.jsonl", hypotheses="hyp.jsonl", command=command, utterances=facts, groups=groups
    )


def write_tones(folder: Path, hertz: float = 1000.0) -> None:
    """Write a tone as the recording of each utterance."""
    times = np.arange(int(SECONDS * 16_000)) / 16_000
    for name in REFERENCES:
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * times), 16_000)


def until(page, condition):
    """Wait until a JavaScript expression is true; playwright's own way to wait needs `eval`, which the page forbids."""
    deadline = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(10)


@dataclass
class Visit:
    """A page that is open, and what the browser had to say of it."""

    page: object
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Return a running Chromium, or skip the test."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install -e '.[dev]')")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., object]]:
    """Return a function that opens a file; at the end, nothing was asked of a network and no error was printed."""
    visits: list[Visit] = []

    def open_page(path: Path, link: str = "", **options: object) -> object:
        page = chromium.new_page(viewport={"width": 1200, "height": 900}, **options)
        seen = Visit(page)
        visits.append(seen)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(f"{path.as_uri()}{link}")
        page.wait_for_selector("main")
        return page

    yield open_page
    for seen in visits:
        seen.page.close()
    assert not [error for seen in visits for error in seen.errors]
    assert not [url for seen in visits for url in seen.requests if not url.startswith(("file:", "blob:"))]


@pytest.fixture
def greedy_page(tmp_path) -> Path:
    """Return the page of one system, its recordings beside it."""
    write_tones(tmp_path / "audio")
    report = report_of(GREEDY, folder=tmp_path / "audio")
    path = tmp_path / "report.html"
    path.write_text(report_page(report, find_sounds(report.utterances, path)))
    return path


@pytest.fixture
def embedded_page(tmp_path) -> Path:
    """Return the page of one system, its recordings in it and nowhere else."""
    write_tones(tmp_path / "audio")
    report = report_of(GREEDY, folder=tmp_path / "audio")
    path = tmp_path / "report.html"
    path.write_text(report_page(report, find_sounds(report.utterances, path, embed=True)))
    shutil.rmtree(tmp_path / "audio")
    return path


@pytest.fixture
def comparison_file(tmp_path) -> Path:
    """Return the page of two systems."""
    comparison = compare(["greedy", "beam"], [report_of(GREEDY), report_of(BEAM)], command=["asr", "compare"])
    path = tmp_path / "comparison.html"
    path.write_text(comparison_page(comparison))
    return path
