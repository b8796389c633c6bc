"""What holds for the repository as a whole: layers, names, dependencies, what is installed."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PYPROJECT["optional-dependencies"]
HEAVY = {
    "tensorflow",
    "keras",
    "librosa",
    "numba",
    "jiwer",
    "scipy",
    "sentencepiece",
    "soundfile",
    "tensorboardX",
    "onnxruntime",
}
# Where a heavy library may be imported: so much can be run without it, and so much has to change when it goes.
NETWORK = ("asr/ctc", "asr/layers/", "asr/model", "asr/run", "asr/training/")
HOMES = {
    "tensorflow": NETWORK,
    "keras": (*NETWORK, "asr/cli/training_display"),
    "librosa": ("asr/features", "asr/augment"),
    "numba": ("asr/compiled.py", "asr/layers/native/"),
    "jiwer": ("asr/scoring/",),
    "optuna": ("asr/tuning/",),
    "soundfile": ("asr/audio", "asr/augment/codec", "data_prep/an4"),
    "soxr": ("asr/audio",),
    "av": ("asr/media",),
    "sentencepiece": ("asr/tokens/",),
    "tensorboardX": ("asr/training/",),
    "rich": ("asr/cli/", "asr/report/"),
}


def tracked_files() -> list[Path]:
    """Return the files that git tracks, or would after `git add`; skip outside a repository."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip("needs a git repository")
    return [path for name in result.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text; nothing for what is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def pins() -> dict[str, str]:
    """Return the exact versions of constraints.txt by canonical name."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that are loaded after ``code`` ran in an interpreter of its own."""
    show = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}}, sep=chr(10))"
    loaded = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(loaded.split())


def imports_of(path: Path) -> set[str]:
    """Return the top-level modules that a source file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(text_of(path))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    sources = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in plain | sources}


def command_modules() -> list[str]:
    from asr.cli import COMMANDS

    return [f"asr.cli.{name}" for name in COMMANDS]


def test_each_module_imports_only_from_the_layers_below_it():
    linter = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_importing_the_command_line_loads_no_framework():
    assert not HEAVY & modules_after("import asr, asr.cli")


@pytest.mark.parametrize("module", command_modules())
def test_a_command_loads_no_framework_before_it_runs(module):
    assert importlib.util.find_spec(module), f"{module} is listed in asr.cli.COMMANDS and does not exist"
    # What `asr COMMAND --help` does, and what a wrong option meets.
    code = f"import argparse, {module}; {module}.add_arguments(argparse.ArgumentParser())"
    assert not HEAVY & modules_after(code)


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_is_imported_in_few_modules(library):
    modules = [path for package in ("asr", "data_prep") for path in sorted((ROOT / package).rglob("*.py"))]
    importing = {path.relative_to(ROOT).as_posix() for path in modules if library in imports_of(path)}
    assert not {name for name in importing if not name.startswith(HOMES[library])}


def test_no_file_is_named_for_being_useful():
    vague = {"utils", "util", "helpers", "helper", "misc"}
    assert not [path for path in tracked_files() if path.stem in vague or re.search(r"_v\d+$", path.stem)]


def test_no_file_knows_the_machine_that_it_was_written_on():
    home = r"/home/\w|/root/|/Users/\w|C:\\\\Users|/opt/pypi|/tmp/[a-z]"
    address = r"https?://(?:[\w.-]*\.)?(?:pypi\.org|pythonhosted\.org|registry\.npmjs)|--(?:extra-)?index-url|file:///"
    known = re.compile(f"{home}|{address}")
    itself = Path(__file__).resolve()
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        if path != itself and (match := known.search(text_of(path)))
    }
    assert not found


def test_source_files_stay_readable_in_one_sitting():
    sources = [path for path in tracked_files() if path.suffix == ".py"]
    assert not {str(path.relative_to(ROOT)) for path in sources if len(text_of(path).splitlines()) > 500}


def test_constraints_are_names_and_exact_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)]
    assert not wrong
    names = [canonicalize_name(line.partition("==")[0]) for line in lines if not line.startswith("#")]
    assert names == sorted(set(names))


def requirements() -> list[Requirement]:
    """Return what the package, its development and its build ask for."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    extras = [text for extra in ("dev", "demo", "phones") for text in EXTRAS[extra]]
    return [Requirement(text) for text in (*PYPROJECT["dependencies"], *extras, *build)]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_a_dependency_is_bounded_and_pinned_within_its_bounds(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert ">=" in operators and "<" in operators
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_constraints_cover_everything_that_an_install_brings():
    from importlib.metadata import PackageNotFoundError, requires

    pinned, seen = pins(), set[str]()

    def visit(wanted: Iterable[Requirement]) -> None:
        for requirement in wanted:
            name, extras = canonicalize_name(requirement.name), requirement.extras
            key = f"{name}[{','.join(sorted(extras))}]"
            if key in seen:
                continue
            seen.add(key)
            assert name in pinned, f"{requirement} is not in constraints.txt"
            try:
                inner = [Requirement(text) for text in requires(name) or ()]
            except PackageNotFoundError:
                continue  # not installed in this environment, so nothing more is known of it
            chosen = ("", *extras)
            visit(one for one in inner if not one.marker or any(one.marker.evaluate({"extra": it}) for it in chosen))

    visit(requirements())


def test_the_extra_for_gpus_asks_for_the_same_tensorflow():
    plain = {Requirement(text).name: Requirement(text).specifier for text in PYPROJECT["dependencies"]}
    (gpu,) = (Requirement(text) for text in EXTRAS["gpu"])
    assert gpu.extras == {"and-cuda"}
    assert gpu.specifier == plain["tensorflow"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, pretrained: Path) -> Path:
    """Build the wheel, without a network, from what git tracks and a very small packaged model called ``tiny``."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    shutil.copytree(pretrained / "english-small", source / "asr" / "pretrained" / "tiny")
    shutil.copytree(pretrained / "lm", source / "asr" / "pretrained" / "lm")
    for path in tracked_files():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", output, source]
    result = subprocess.run(build, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = output.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packages = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"asr", "data_prep"}
    modules = {
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in packages
    }
    assert modules <= set(names)
    assert "asr/py.typed" in names
    assert {
        "asr/pretrained/tiny/weights.npz",
        "asr/pretrained/tiny/model.onnx",
        "asr/pretrained/lm/words.asrlm",
    } <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.stat().st_size <= 60_000_000


@pytest.mark.slow
def test_the_wheel_works_from_another_folder(wheel, tmp_path, data):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel]
    subprocess.run(pip, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*command: str | Path) -> str:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        result = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    python = sys.executable
    assert str(site) in run(python, "-c", "import asr.cli; print(asr.cli.__file__)")
    assert "transcribe" in run(site / "bin" / "asr", "--help")
    assert PYPROJECT["version"] in run(site / "bin" / "asr", "--version")
    assert "an4" in run(python, "-m", "asr", "corpus", "list")
    assert "3 utterances" in run(python, "-m", "asr", "corpus", "check", data / "an4.jsonl")

    models = site / "asr" / "pretrained"
    before = sorted((path, path.stat().st_mtime_ns) for path in models.rglob("*"))
    options = ["-m", "tiny", "-f", "json", "--lm", "none"]  # a search would be compiled first
    found = json.loads(run(python, "-m", "asr", "transcribe", data / "an440-mjgm-b.flac", *options))
    assert found["model"] == "tiny"
    assert sorted((path, path.stat().st_mtime_ns) for path in models.rglob("*")) == before
