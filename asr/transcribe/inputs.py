"""What the command line names, as recordings: files, folders, globs and standard input; manifests are told apart."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from asr.errors import TranscriptionError
from asr.raw_audio import RawFormat
from asr.signatures import is_sound, read_head
from asr.transcribe.source import STDIN, Source, shown

# In folders, files with such names are sound even if they do not begin like it: then they are broken, which is said.
_SUFFIXES = frozenset(
    (
        *("aac", "aif", "aifc", "aiff", "amr", "au", "avi", "caf", "flac", "flv", "gsm", "m4a", "m4b", "m4v", "mkv"),
        *("mov", "mp2", "mp3", "mp4", "mpeg", "mpg", "nist", "oga", "ogg", "opus", "pcm", "raw", "rf64", "snd", "sph"),
        *("voc", "w64", "wav", "weba", "webm", "wma", "wmv", "wv"),
    )
)
# Raw samples may begin with any byte, so with them a manifest is known by its name.
_MANIFEST_SUFFIXES = (".json", ".jsonl")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files of a folder are transcribed.

    Attributes:
        include: globs, one of which must match; none: every sound file.
        exclude: globs, none of which may match. A glob is matched against the path within the folder and the name.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def __call__(self, path: Path, folder: Path) -> bool:
        """Whether a file of the folder is one."""
        names = (path.relative_to(folder).as_posix(), path.name)
        if any(fnmatchcase(name, pattern) for name in names for pattern in self.exclude):
            return False
        if self.include:
            return any(fnmatchcase(name, pattern) for name in names for pattern in self.include)
        return path.suffix.lower().removeprefix(".") in _SUFFIXES or is_sound(read_head(path))


@dataclass(slots=True)
class Inputs:
    """What was found.

    Attributes:
        sources: recordings that are no lines of manifests, in the order of the command line.
        manifests: likewise.
        failures: what was named and is not there or cannot be listed, with the reason.
        has_folder: whether a folder was named, so that what is written keeps its tree.
    """

    sources: list[Source] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    has_folder: bool = False

    @property
    def is_single(self) -> bool:
        """Whether this is one recording or one manifest, and no folder."""
        return not self.has_folder and len(self.sources) + len(self.manifests) == 1


def find_inputs(
    names: Iterable[str],
    wanted: Wanted,
    *,
    stdin_file: Path | None = None,
    raw: RawFormat | None = None,
) -> Inputs:
    """Return the recordings and manifests that are meant.

    Args:
        names: files, folders, globs, or ``-``.
        wanted: which files of folders.
        stdin_file: where standard input has been put.
        raw: how samples lie in files without a header; then all files are such.

    Raises:
        TranscriptionError: standard input is named twice, or a name is empty.
    """
    found = Inputs()
    for name in names:
        # os.path, as pathlib raises where a name is too long or a folder must not be entered: reading the file says it.
        path = Path(name)
        if not name:
            raise TranscriptionError("an input has an empty name: name a file or a folder (. is the current one)")
        if name == STDIN:
            _add_stdin(found, stdin_file, raw)
        elif os.path.isdir(path):
            found.has_folder = True
            _add_folder(found, path, wanted, raw)
        elif not os.path.exists(path) and glob.has_magic(name):
            _add_glob(found, name, raw)
        else:
            _add_file(found, path, raw)
    return found


def _add_stdin(found: Inputs, stdin_file: Path | None, raw: RawFormat | None) -> None:
    if stdin_file is None or any(source.name == STDIN for source in found.sources):
        raise TranscriptionError("-: standard input can be read once: name it once")
    found.sources.append(Source(STDIN, stdin_file, PurePath("stdin"), raw=raw))


def _add_file(found: Inputs, path: Path, raw: RawFormat | None) -> None:
    if os.path.exists(path) and not os.path.isfile(path):  # can be read only once, or never ends
        found.failures.append(f"{path}: no regular file: send it through standard input (-)")
    elif _is_manifest(path) and (raw is None or path.suffix in _MANIFEST_SUFFIXES):
        found.manifests.append(path)
    else:
        found.sources.append(Source(shown(path), path, PurePath(path.stem), raw=raw))


def _add_glob(found: Inputs, name: str, raw: RawFormat | None) -> None:
    paths = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
    files = [path for path in paths if os.path.isfile(path)]
    for path in files:
        _add_file(found, path, raw)
    if not files:
        found.failures.append(f"{name}: no file matches: name files, folders or a glob that fits some")


def _add_folder(found: Inputs, folder: Path, wanted: Wanted, raw: RawFormat | None) -> None:
    errors: list[OSError] = []
    paths = [path for path in _files_below(folder, errors) if wanted(path, folder)]
    for path in paths:
        place = path.relative_to(folder).with_suffix("")
        found.sources.append(Source(shown(path), path, PurePath(place), raw=raw))
    found.failures += [
        f"{error.filename}: {error.strerror}: make the folder readable, or leave it out" for error in errors
    ]
    if not paths and not errors:
        found.failures.append(f"{folder}: no sound file in it: name another folder, or say with --include what is one")


def _files_below(folder: Path, errors: list[OSError]) -> Iterator[Path]:
    """Yield all files in a fixed order, but hidden ones; folders that cannot be read go to ``errors``."""
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent) / name for name in sorted(files) if not name.startswith("."))


def _is_manifest(path: Path) -> bool:
    """Whether a file begins with a JSON object, as no sound file does."""
    return read_head(path).removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{")
