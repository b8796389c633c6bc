"""Take the picture of a report's page that stands in the documentation: AN4's committed result, with its recordings.

    python scripts/report_screenshot.py work/data/an4/test.jsonl --output docs/figures/report.png

Needs Chromium and playwright. Without the manifest, or where its recordings are not there, the page has no sound.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HYPOTHESES = Path(__file__).resolve().parents[1] / "recipes" / "an4" / "results" / "beam_lm" / "hypotheses.jsonl"
WIDTH, HEIGHT = 1240, 1000
SHOWN = "#utterance=cen8-mjwl-b"
NUM_COLOURS = 192  # of the picture's palette; keeps it under 250 kB


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page to a temporary folder, open it, take its picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", type=Path, nargs="?", default=HYPOTHESES, help="manifest of AN4's test set")
    parser.add_argument("--output", type=Path, required=True, help="PNG file")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        by_speaker = ["--by", "speaker"] if args.references != HYPOTHESES else []
        command = ["asr", "score", args.references, HYPOTHESES, "--html", page, "--embed-audio", *by_speaker]
        subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)
        photograph(page, Path(folder) / "page.png")
        with Image.open(Path(folder) / "page.png") as picture:
            picture.quantize(NUM_COLOURS).save(args.output, optimize=True)
    return 0


def photograph(page: Path, output: Path) -> None:
    """Open a page in Chromium and keep what is seen of it, but the lists of words and what stands below."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        view.goto(f"{page.as_uri()}{SHOWN}")
        view.wait_for_selector("canvas.spectrogram:not([hidden])", timeout=5000)
        # A picture shows less than a page.
        view.evaluate("['words', 'about'].forEach((id) => document.getElementById(id).remove())")
        view.evaluate("document.querySelector('.table-frame').style.height = '17.1rem'")
        view.wait_for_timeout(300)
        view.screenshot(path=output, full_page=True)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
