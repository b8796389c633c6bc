"""Numba's `njit`, with compiled code on disk that is never older than the code that it was made of.

Numba takes a compiled function again as long as the text of its own file is the same: a function that calls into
another file would go on with what that file said before an update. Here all of the package's compiled files count as
one text. Where neither the package's folder nor the user's cache can be written, compiled code goes to a folder for
temporary files instead of nowhere. And SciPy is left alone until compiled code asks for its linear algebra.
"""

import functools
import hashlib
import importlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numba
import numba.core.config
import numba.np.linalg
from numba.core.caching import (
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
    _SourceFileBackedLocatorMixin,
)

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
    """A folder for temporary files, of this user."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        """Choose the folder."""
        self._py_file, self._lineno = py_file, py_func.__code__.co_firstlineno
        root = Path(tempfile.gettempdir()) / f"asr-compiled-{os.getuid()}"
        self._cache_path = str(root / self.get_suitable_cache_subpath(py_file))

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        """Return the place of a function of a file, whether or not NUMBA_CACHE_DIR names another."""
        return super(UserProvidedCacheLocator, cls).from_function(py_func, py_file)


def _load_array_functions() -> None:
    """Import what numba imports anyway before it calls the first compiled function, but without SciPy.

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

njit = numba.njit
