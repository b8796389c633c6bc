import os
import subprocess
import sys
from pathlib import Path

from asr.compiled import digest

ADD = """
from asr.compiled import njit
from package.step import step

@njit(cache=True)
def twice(x):
    return step(step(x))
"""
STEP = """
from asr.compiled import njit

@njit(cache=True)
def step(x):
    return x + {}
"""


def test_a_change_in_any_compiled_file_changes_the_digest_and_other_files_do_not(tmp_path):
    (tmp_path / "step.py").write_text(STEP.format(1))
    (tmp_path / "plain.py").write_text("x = 1")
    before = digest(tmp_path)
    (tmp_path / "plain.py").write_text("x = 2")
    assert digest(tmp_path) == before
    (tmp_path / "step.py").write_text(STEP.format(2))
    assert digest(tmp_path) != before


def test_a_compiled_function_sees_what_changed_in_a_file_that_it_calls(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "add.py").write_text(ADD)
    assert [result_of(package, number) for number in (1, 1, 10)] == ["2", "2", "20"]


def result_of(package: Path, number: int) -> str:
    (package / "step.py").write_text(STEP.format(number))
    code = (
        "import pathlib, asr.compiled as c; c._PACKAGE = pathlib.Path('package').resolve(); "
        "c._digest = lambda: c.digest(c._PACKAGE); from package.add import twice; print(twice(0))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=package.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_compiled_code_has_a_place_where_neither_package_nor_home_can_be_written(tmp_path):
    assert compiled_without_home(tmp_path).startswith(f"1 {tmp_path}/asr-compiled-")
    assert (next(tmp_path.glob("asr-compiled-*")).stat().st_mode & 0o777) == 0o700


def test_compiled_code_is_not_kept_where_others_may_write(tmp_path):
    folder = tmp_path / f"asr-compiled-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    assert compiled_without_home(tmp_path) == "1 None\n"
    assert not list(folder.iterdir())


def compiled_without_home(folder: Path) -> str:
    """Return what a compiled function gives and where it is kept."""
    (folder / "one.py").write_text("from asr.compiled import njit\n\n@njit(cache=True)\ndef one():\n    return 1\n")
    code = (
        "import numba.core.caching as n\n"
        "def refuse(self): raise OSError\n"
        "import asr.compiled as c\n"
        "c.InTree.ensure_cache_path = c.UserWide.ensure_cache_path = refuse\n"
        "from one import one\n"
        "print(one(), one.stats.cache_path)"
    )
    env = {"PATH": "/usr/bin", "TMPDIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout or done.stderr


def test_another_thread_may_import_scipy_and_yaml_while_numba_is_loaded():
    code = (
        "import builtins, importlib, sys, threading\n"
        "import_now = builtins.__import__\n"
        "def meanwhile(name, *others):\n"
        "    if name == 'numba':\n"
        "        builtins.__import__ = import_now\n"
        "        for needed in ('scipy', 'yaml'):\n"
        "            thread = threading.Thread(target=importlib.import_module, args=[needed])\n"
        "            thread.start()\n"
        "            thread.join()\n"
        "    return import_now(name, *others)\n"
        "builtins.__import__ = meanwhile\n"
        "import asr.compiled\n"
        "print({'scipy', 'yaml'} <= sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_scipy_is_loaded_for_products_of_matrices_alone(tmp_path):
    code = (
        "import sys, numpy, asr.compiled as c\n"
        "one = numpy.ones((2, 2))\n"
        "double = c.njit()(lambda x: 2 * x)\n"
        "print(double(one).sum(), 'scipy.linalg' in sys.modules)\n"
        "square = c.njit()(lambda x: numpy.dot(x, x))\n"
        "print(square(one).sum(), 'scipy.linalg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["8.0 False", "8.0 True"]
