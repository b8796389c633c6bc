"""The code blocks of README, CONTRIBUTING and docs/ are run, in order, in a folder with a few real recordings.

A block's language says what happens to it:

    console   each line after "$ " is run; the lines below it, if there are any, are its output ("..." is any text)
    python    is run; its assertions are the test
    toml      must be a valid configuration
    text      is not run; it may be a file

A comment on the line above a block says more:

    <!-- slow: REASON -->      left out of the fast tests
    <!-- not run: REASON -->   never run
    <!-- file: NAME -->        the block is the file NAME, for the blocks that follow
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from asr.config import load_config
from asr.manifest import read_manifest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# The README names a config.toml and leaves what is in it to the tutorial.
SMALL_CONFIG = """
[model]
conv = [{ channels = 4 }]
layers = 1
units = 16

[data]
train = ["shards/train"]
dev = ["shards/dev"]

[train]
epochs = 2
"""
SLOW_PAGES = sorted(str(page.relative_to(ROOT)) for page in PAGES if "<!-- slow:" in page.read_text())
LANGUAGES = {"console", "python", "toml", "text"}
FENCE = re.compile(
    r"^(?:<!-- (?P<mark>slow|not run|file): (?P<reason>[^\n]+?) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A code block of a page: where it begins, what it is, how it is marked."""

    place: str
    language: str
    code: str
    mark: str | None
    reason: str | None


def blocks_of(text: str, name: str) -> list[Block]:
    """Return the code blocks of a page."""
    return [
        Block(f"{name}:{text.count(chr(10), 0, match.start('code'))}", **match.groupdict())
        for match in FENCE.finditer(text)
    ]


def all_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page.read_text(), page.name)]


def commands_of(code: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that it should have; none where the block shows none."""
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = next((number for number, line in enumerate(lines, 1) if not line.endswith("\\")), len(lines))
        yield "\n".join(lines[:length]), "\n".join(lines[length:])


def run_console(block: Block, folder: Path, programs: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    for command, expected in commands_of(block.code):
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said = f"{block.place}: $ {command}\n{result.stdout}"
        assert result.returncode == 0, said
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        same = doctest.OutputChecker().check_output(f"{expected}\n", result.stdout, flags)
        assert same or not expected, f"{said}\n--- the page has:\n{expected}"


def run_python(block: Block, folder: Path, _: Path) -> None:
    result = subprocess.run([sys.executable, "-c", block.code], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{block.place}\n{result.stdout}\n{result.stderr}"


def check_toml(block: Block, folder: Path, _: Path) -> None:
    path = folder / (block.reason if block.mark == "file" and block.reason else "block.toml")
    path.write_text(block.code)
    load_config(path)


def write_text(block: Block, folder: Path, _: Path) -> None:
    if block.mark == "file" and block.reason:
        (folder / block.reason).write_text(block.code)


RUN = {"console": run_console, "python": run_python, "toml": check_toml, "text": write_text}


@pytest.fixture
def desk(tmp_path, data):
    """Return a folder with recordings to train on and to test with, and their texts beside them.

    They are the same three words in both: enough for every command to have something to do.
    """
    for utterance in read_manifest(data / "an4.jsonl"):
        for part in ("train", "test"):
            target = tmp_path / "recordings" / part / f"{utterance.text.lower()}{utterance.audio_filepath.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(utterance.audio_filepath, target)
            target.with_suffix(".txt").write_text(f"{utterance.text}\n")
    return tmp_path


def run_page(page: Path, folder: Path, programs: Path, *, slow: bool) -> None:
    for block in blocks_of(page.read_text(), page.name):
        if block.mark != "not run" and (slow or block.mark != "slow"):
            RUN[block.language](block, folder, programs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_works(page, desk):
    run_page(page, desk, Path(sys.executable).parent, slow=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", SLOW_PAGES)
def test_what_a_page_shows_works_slow_blocks_included(page, desk, asr_commands, request):
    if page == "README.md":
        (desk / "config.toml").write_text(SMALL_CONFIG)
    if page in ("docs/reference.md", "docs/language-models.md"):  # of a run that the tutorial makes
        (desk / "runs").mkdir()
        shutil.copytree(request.getfixturevalue("tiny_run"), desk / "runs" / "mine")
        for part in ("train", "test"):
            command = ["corpus", "prepare", "folder", f"data/{part}", "--from", f"recordings/{part}"]
            subprocess.run([asr_commands / "asr", *command], cwd=desk, check=True)
    run_page(ROOT / page, desk, asr_commands, slow=True)


def test_most_blocks_are_run():
    runnable = [block for block in all_blocks() if block.language in ("console", "python", "toml")]
    run = [block for block in runnable if block.mark != "not run"]
    assert len(run) >= 15
    assert len(run) >= 2 * len(runnable) / 3


def test_every_fence_is_found_and_of_a_known_language():
    fences = sum(page.read_text().count("\n```") for page in PAGES)
    assert 2 * len(all_blocks()) == fences
    assert {block.language for block in all_blocks()} <= LANGUAGES


def test_each_mark_is_spelt_as_the_runner_reads_it():
    marks = [line for page in PAGES for line in page.read_text().splitlines() if re.match(r"<!-- .*:", line)]
    assert len(marks) == sum(block.mark is not None for block in all_blocks())


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        assert not [target for target in targets if not (page.parent / target).exists()], page


def test_the_configuration_page_is_what_the_code_says(tmp_path):
    script = [sys.executable, ROOT / "scripts" / "config_reference.py", "--output", tmp_path / "config.md"]
    subprocess.run(script, cwd=ROOT, check=True)
    written, committed = (tmp_path / "config.md").read_text(), (ROOT / "docs" / "config.md").read_text()
    assert written == committed, "asr/config/ has changed: run `make docs`"


def test_commands_are_taken_apart_with_their_output():
    code = "$ one\n$ two \\\n  more\nout\nput\n$ three\n"
    assert list(commands_of(code)) == [("one", ""), ("two \\\n  more", "out\nput"), ("three", "")]


def test_a_block_that_fails_fails_the_page(tmp_path):
    wrong = "```console\n$ echo one\ntwo\n```\n"
    (block,) = blocks_of(wrong, "page")
    with pytest.raises(AssertionError, match="the page has"):
        run_console(block, tmp_path, tmp_path)
    (block,) = blocks_of("```console\n$ false\n```\n", "page")
    with pytest.raises(AssertionError, match="false"):
        run_console(block, tmp_path, tmp_path)


def test_the_layers_that_architecture_shows_are_those_that_are_enforced():
    import tomllib

    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    assert f"```text\n{chr(10).join(layers)}\n```" in (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/reference.md"])
def test_every_command_is_in_the_tables(page):
    from asr.cli import COMMANDS

    text = (ROOT / page).read_text()
    assert not [name for name in COMMANDS if f"| `asr {name}" not in text]
