"""Numba's `njit`, with compiled code on disk that is never older than the code that it was made of.

Numba takes a compiled function again as long as the text of its own file is the same: a function that calls into
another file would go on with what that file said before an update. Here all of the package's compiled files count as
one text. Where neither the package's folder nor the user's cache can be written, compiled code goes to a folder for
temporary files, and where others may write there, nowhere. Code that is there already is taken without what only
compiling needs, a quarter of a second of a command's start; and SciPy is left alone until compiled code asks for its
linear algebra.
"""
# ruff: noqa: E402  (numba is imported when what it need not load is hidden)

import functools
import hashlib
import importlib
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# Numba loads SciPy to look at its version, and YAML for a file of settings in the current folder: 0.1 s of a start.
_UNUSED = {"scipy"} if Path(".numba_config.yaml").exists() else {"scipy", "yaml"}


class _NotInstalled:
    """Lets some modules that are not loaded yet be as if they were not installed, for the thread that makes this.

    Other threads, of a service say, may import them meanwhile. (None in `sys.modules` would hide them from all.)
    """

    def __init__(self, names: set[str]) -> None:
        self._names, self._thread = names, threading.get_ident()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@contextmanager
def _without(names: set[str]) -> Iterator[None]:
    hidden = _NotInstalled(names)
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        # A new list: another thread may be in the middle of the old one, and would pass over a finder.
        sys.meta_path = [finder for finder in sys.meta_path if finder is not hidden]


with _without(_UNUSED):
    import numba
    import numba.core.config
    import numba.np.linalg
from numba.core.caching import (
    FunctionCache,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
    _SourceFileBackedLocatorMixin,
)
from numba.core.runtime.nrt import rtsys

_PACKAGE = Path(__file__).parent


def digest(package: Path = _PACKAGE) -> str:
    """Return a digest of the text of all modules of a package that import this one."""
    texts = (path.read_bytes() for path in sorted(package.rglob("*.py")))
    return hashlib.sha256(b"\0".join(text for text in texts if b"asr.compiled" in text)).hexdigest()


_digest = functools.cache(digest)


class _OneText(_SourceFileBackedLocatorMixin):
    """Adds the package's digest to what numba compares of a function's own file."""

    _py_file: str

    def get_source_stamp(self) -> Any:
        """Return what must be the same for compiled code to be taken again."""
        stamp = super().get_source_stamp()
        return (stamp, _digest()) if _PACKAGE in Path(self._py_file).parents else stamp


class Provided(_OneText, UserProvidedCacheLocator):
    """The folder that NUMBA_CACHE_DIR names."""


class InTree(_OneText, InTreeCacheLocator):
    """`__pycache__` beside the module."""


class UserWide(_OneText, UserWideCacheLocator):
    """The user's cache."""


class Temporary(_OneText, UserProvidedCacheLocator):
    """A folder for temporary files that is this user's alone: what lies there is run."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        """Choose the folder."""
        self._py_file, self._lineno = py_file, py_func.__code__.co_firstlineno
        self._root = Path(tempfile.gettempdir()) / f"asr-compiled-{os.getuid()}"
        self._cache_path = str(self._root / self.get_suitable_cache_subpath(py_file))

    def ensure_cache_path(self) -> None:
        """Make the folder, or raise `OSError`, after which nothing is kept."""
        self._root.mkdir(mode=0o700, exist_ok=True)
        about = self._root.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            raise PermissionError(f"{self._root}: others may write there")
        super().ensure_cache_path()

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        """Return the place of a function of a file, whether or not NUMBA_CACHE_DIR names another."""
        return super(UserProvidedCacheLocator, cls).from_function(py_func, py_file)


class _Cache(FunctionCache):
    """Numba's cache, but what is in it does without numba's libraries of functions to compile."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function of a signature; None: it must be compiled."""
        rtsys.initialize(target_context)  # what allocates arrays
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _load_array_functions() -> None:
    """Import what numba imports anyway before it compiles the first function, but without SciPy.

    It loads all of SciPy's linear algebra only to know that it is there: a fifth of a second, and 15 MB. It is, for
    librosa needs it; a compiled function that multiplies matrices by it loads it then.
    """
    linalg: Any = numba.np.linalg
    ask, linalg.ensure_blas = linalg.ensure_blas, lambda: None
    try:
        array_functions: Any = importlib.import_module("numba.np.arraymath")
        array_functions.ensure_blas = ask
    finally:
        linalg.ensure_blas = ask


_load_array_functions()

_DEFAULT = "IPythonCacheLocator", "ZipCacheLocator"
_config: Any = numba.core.config  # made of environment variables, which type checkers cannot know
if not _config.CACHE_LOCATOR_CLASSES:  # who has set it knows what for
    _config.CACHE_LOCATOR_CLASSES = ",".join(
        [*(f"{__name__}.{each.__name__}" for each in (Provided, InTree, UserWide)), *_DEFAULT, f"{__name__}.Temporary"]
    )


def njit(signature: Any = None, *, cache: bool = False, **options: Any) -> Any:
    """Return a decorator as `numba.njit`'s: a function is compiled for a signature at once, else when it is called."""

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher: Any = numba.njit(**options)(function)
        if cache:
            with suppress(RuntimeError):  # nowhere to keep it
                dispatcher._cache = _Cache(function)
        if signature is not None:
            dispatcher.compile(signature)
            dispatcher.disable_compile()
        return dispatcher

    return compiled
